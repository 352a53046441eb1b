using Kftray.Testing.Http;

namespace Kftray.Testing.Store;

/// <summary>One term of a label selector: equality, set membership or existence.</summary>
/// <param name="Values">The allowed (or, negated, forbidden) values; null asks for the key alone.</param>
internal sealed record LabelRequirement(string Key, IReadOnlyList<string>? Values, bool IsNegated)
{
    public bool IsMetBy(IReadOnlyDictionary<string, string> labels) =>
        (labels.TryGetValue(Key, out var value) && (Values is null || Values.Contains(value))) != IsNegated;

    /// <exception cref="ApiException">400 for a term that cannot be parsed.</exception>
    public static IReadOnlyList<LabelRequirement> ParseAll(string? selector) => [.. SplitTerms(selector ?? "").Select(Parse)];

    public static IReadOnlyList<LabelRequirement> FromMatchLabels(IReadOnlyDictionary<string, string> labels) =>
        [.. labels.Select(pair => new LabelRequirement(pair.Key, [pair.Value], false))];

    private static LabelRequirement Parse(string term)
    {
        if (term.StartsWith('!')) return new(term[1..].Trim(), null, true);
        foreach (var (separator, negated) in new[] { ("!=", true), ("==", false), ("=", false) })
        {
            var at = term.IndexOf(separator, StringComparison.Ordinal);
            if (at > 0) return new(term[..at].Trim(), [term[(at + separator.Length)..].Trim()], negated);
        }

        var open = term.IndexOf('(', StringComparison.Ordinal);
        if (open < 0) return new(term, null, false);
        var words = term[..open].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is not [var key, "in" or "notin"] || !term.EndsWith(')'))
            throw ApiException.BadRequest($"unable to parse requirement: {term}");
        return new(key, term[(open + 1)..^1].Split(',', StringSplitOptions.TrimEntries), words[1] == "notin");
    }

    // Commas inside parentheses belong to a set.
    private static IEnumerable<string> SplitTerms(string selector)
    {
        var (start, depth) = (0, 0);
        for (var i = 0; i <= selector.Length; i++)
        {
            if (i < selector.Length && selector[i] == '(') depth++;
            if (i < selector.Length && selector[i] == ')') depth--;
            if (i < selector.Length && (selector[i] != ',' || depth > 0)) continue;
            var term = selector[start..i].Trim();
            if (term.Length > 0) yield return term;
            start = i + 1;
        }
    }
}
