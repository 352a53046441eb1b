using System.Text.Json;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Workspace;

/// <summary>The aliases of one source. Written ones come first; the others are made to fit around them.</summary>
internal sealed class AliasRegistry(ProblemList problems)
{
    private readonly Dictionary<string, LayeredForward> _byAlias = [];
    private readonly HashSet<string> _written = [];

    public LayeredForward? Find(string alias) => _byAlias.GetValueOrDefault(alias);

    /// <summary>What the forward is called if nobody else is.</summary>
    public static string? Wanted(LayeredForward forward) =>
        forward.Find(ForwardFields.Alias)?.Value
        ?? forward.Find(ForwardFields.Service)?.Value
        ?? forward.Find(ForwardFields.Target)?.Value
        ?? forward.Find(ForwardFields.RemoteAddress)?.Value;

    /// <summary>
    /// Gives each forward its alias, and with it its id. The second of two equal written aliases is an error and gets none, and so does a
    /// forward with nothing to be called by.
    /// </summary>
    public void Assign(IReadOnlyList<LayeredForward> forwards)
    {
        _written.UnionWith(forwards.Select(forward => forward.Find(ForwardFields.Alias)?.Value).OfType<string>());
        foreach (LayeredForward forward in forwards)
        {
            if (forward.Find(ForwardFields.Alias) is not { } alias)
                continue;

            if (_byAlias.TryGetValue(alias.Value, out LayeredForward? first))
            {
                ReportDuplicate(first, alias);
            }
            else
            {
                Give(forward, alias.Value);
            }
        }

        foreach (LayeredForward forward in forwards.Where(f => f.Find(ForwardFields.Alias) is null))
        {
            if (Wanted(forward) is { } name)
                Give(forward, MadeUnique(name, forward));
        }
    }

    /// <summary>Two forwards ask for the same alias: said at both places.</summary>
    public void ReportDuplicate(LayeredForward first, Located<string> second)
    {
        var free = Enumerable.Range(2, _written.Count + 1).Select(n => $"{second.Value}-{n}").First(alias => !_written.Contains(alias));
        problems.Add(second.Document.Uri, second.Range, ProblemSeverity.Error, ProblemCodes.DuplicateAlias,
            $"The alias {second.Value} is already used in {ProblemFormat.Place(first.Document.Uri, first.Definition.Range.StartLine, second.Document.Uri)}.",
            new ProblemFix($"Rename to {free}", second.Range, JsonSerializer.Serialize(free, ContractJson.Default.String)));
        if (first.Find(ForwardFields.Alias) is { } written && written.Document == first.Document)
        {
            problems.Add(written.Document.Uri, written.Range, ProblemSeverity.Error, ProblemCodes.DuplicateAlias,
                $"The alias {second.Value} is used again in {ProblemFormat.Place(second.Document.Uri, second.Range.StartLine, written.Document.Uri)}.");
        }
    }

    private void Give(LayeredForward forward, string alias)
    {
        forward.Alias = alias;
        _byAlias.Add(alias, forward);
    }

    private string MadeUnique(string name, LayeredForward forward)
    {
        if (!_byAlias.ContainsKey(name))
            return name;

        var withPort = forward.Find(ForwardFields.RemotePort) is { } port ? $"{name}-{port.Value}" : name;
        var unique = withPort;
        for (int i = 2; _byAlias.ContainsKey(unique); i++)
            unique = $"{withPort}-{i}";

        return unique;
    }
}
