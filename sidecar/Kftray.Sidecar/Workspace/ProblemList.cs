using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Workspace;

/// <summary>Collects problems in the order they are found. A default that is wrong for ten forwards is one problem.</summary>
internal sealed class ProblemList
{
    private readonly List<Problem> _problems = [];
    private readonly HashSet<Problem> _known = [];
    private readonly HashSet<string> _muted = [];

    /// <summary>From now on nothing is said about these documents: an earlier text stands in, and its places are not today's.</summary>
    public void Mute(IEnumerable<string> uris) => _muted.UnionWith(uris);

    public void Add(string uri, TextRange range, ProblemSeverity severity, string code, string message, ProblemFix? fix = null)
    {
        var problem = new Problem(uri, range, severity, code, message, fix);
        if (!_muted.Contains(uri) && _known.Add(problem))
            _problems.Add(problem);
    }

    /// <summary>Document by document as they were given, each from top to bottom.</summary>
    public IReadOnlyList<Problem> InOrder(IEnumerable<string> uris)
    {
        var order = uris.Distinct().Index().ToDictionary(u => u.Item, u => u.Index);
        return [.. _problems
            .OrderBy(p => order.GetValueOrDefault(p.Uri, order.Count))
            .ThenBy(p => p.Range.StartLine)
            .ThenBy(p => p.Range.StartColumn)];
    }
}
