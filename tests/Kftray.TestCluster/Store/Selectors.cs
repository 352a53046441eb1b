using System.Text.Json.Nodes;
using Kftray.Testing.Http;

namespace Kftray.Testing.Store;

/// <summary>A list's or watch's choice of objects: the <c>labelSelector</c> and <c>fieldSelector</c> of a request.</summary>
internal sealed class Selection
{
    public static readonly Selection Everything = new([], []);

    private readonly IReadOnlyList<LabelRequirement> _labels;
    private readonly IReadOnlyList<(string Path, bool IsEqual, string Value)> _fields;

    private Selection(IReadOnlyList<LabelRequirement> labels, IReadOnlyList<(string, bool, string)> fields) =>
        (_labels, _fields) = (labels, fields);

    /// <exception cref="ApiException">400 for a selector that cannot be parsed.</exception>
    public static Selection Parse(string? labelSelector, string? fieldSelector) =>
        new(LabelRequirement.ParseAll(labelSelector), ParseFields(fieldSelector));

    public bool Matches(StoredObject candidate) =>
        _labels.All(requirement => requirement.IsMetBy(candidate.Labels)) && MatchesFields(candidate);

    private bool MatchesFields(StoredObject candidate)
    {
        if (_fields.Count == 0) return true;
        JsonObject? content = null;
        foreach (var (path, isEqual, value) in _fields)
        {
            var actual = path switch
            {
                "metadata.name" => candidate.Name,
                "metadata.namespace" => candidate.Namespace,
                _ => (content ??= candidate.Read()).Text(path.Split('.')) ?? "",
            };
            if ((actual == value) != isEqual) return false;
        }

        return true;
    }

    private static List<(string, bool, string)> ParseFields(string? selector)
    {
        var fields = new List<(string, bool, string)>();
        foreach (var term in (selector ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var (separator, isEqual) = term.Contains("!=", StringComparison.Ordinal) ? ("!=", false)
                : term.Contains("==", StringComparison.Ordinal) ? ("==", true) : ("=", true);
            var at = term.IndexOf(separator, StringComparison.Ordinal);
            if (at < 0) throw ApiException.BadRequest($"invalid field selector \"{term}\"");
            fields.Add((term[..at], isEqual, term[(at + separator.Length)..]));
        }

        return fields;
    }
}
