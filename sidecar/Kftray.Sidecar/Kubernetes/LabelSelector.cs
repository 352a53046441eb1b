namespace Kftray.Sidecar.Kubernetes;

/// <summary>
/// A label selector as kubectl takes it: <c>app=web,tier!=db,env in (a,b),!legacy,canary</c>.
/// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
/// </summary>
internal sealed class LabelSelector
{
    private readonly IReadOnlyList<Func<IReadOnlyDictionary<string, string>, bool>> _requirements;

    private LabelSelector(IReadOnlyList<Func<IReadOnlyDictionary<string, string>, bool>> requirements) => _requirements = requirements;

    public bool Matches(IReadOnlyDictionary<string, string> labels) => _requirements.All(matches => matches(labels));

    /// <returns>Null when the text is not a selector, or selects everything.</returns>
    public static LabelSelector? Parse(string text)
    {
        var requirements = new List<Func<IReadOnlyDictionary<string, string>, bool>>();
        foreach (var part in Split(text))
        {
            if (Requirement(part.Trim()) is not { } requirement)
                return null;
            requirements.Add(requirement);
        }

        return requirements.Count == 0 ? null : new(requirements);
    }

    private static Func<IReadOnlyDictionary<string, string>, bool>? Requirement(string text)
    {
        if (text.StartsWith('!') && IsKey(text[1..].Trim()))
            return labels => !labels.ContainsKey(text[1..].Trim());
        if (text.EndsWith(')'))
            return SetRequirement(text);

        var index = text.AsSpan().IndexOfAny('=', '!');
        if (index < 0)
            return IsKey(text) ? labels => labels.ContainsKey(text) : null;

        var key = text[..index].Trim();
        var isNegated = text[index] == '!';
        var rest = text[(index + 1)..];
        if (isNegated && !rest.StartsWith('='))
            return null;
        var value = (rest.StartsWith('=') ? rest[1..] : rest).Trim();
        return IsKey(key) && !value.Contains('=', StringComparison.Ordinal)
            ? labels => (labels.TryGetValue(key, out var actual) && actual == value) != isNegated
            : null;
    }

    private static Func<IReadOnlyDictionary<string, string>, bool>? SetRequirement(string text)
    {
        var open = text.IndexOf('(', StringComparison.Ordinal);
        var words = open < 0 ? [] : text[..open].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words is not [var key, "in" or "notin"] || !IsKey(key))
            return null;
        var values = text[(open + 1)..^1].Split(',', StringSplitOptions.TrimEntries);
        return words[1] == "in"
            ? labels => labels.TryGetValue(key, out var actual) && values.Contains(actual)
            : labels => !(labels.TryGetValue(key, out var actual) && values.Contains(actual));
    }

    /// <summary>At the commas outside of brackets.</summary>
    private static IEnumerable<string> Split(string text)
    {
        var (start, depth) = (0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            depth += text[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (text[i] != ',' || depth != 0)
                continue;
            yield return text[start..i];
            start = i + 1;
        }

        if (text[start..].Trim().Length > 0)
            yield return text[start..];
    }

    private static bool IsKey(string key) => key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/');
}
