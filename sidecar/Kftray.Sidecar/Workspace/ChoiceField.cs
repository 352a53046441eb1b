namespace Kftray.Sidecar.Workspace;

/// <summary>A key that takes one of a few words.</summary>
internal interface IChoiceField
{
    IReadOnlyList<string> Words { get; }
}

/// <summary>The words are the enum's names in lower case.</summary>
internal sealed class ChoiceField<T>(string name, string description) : ConfigField<T>(name, description), IChoiceField
    where T : struct, Enum
{
    public IReadOnlyList<string> Words { get; } = [.. Enum.GetNames<T>().Select(n => n.ToLowerInvariant())];

    public override Complaint? Read(ConfigNode node, out T value)
    {
        value = default;
        if (node is not StringNode text)
            return WrongType("a string", node);

        if (!Words.Contains(text.Value))
        {
            var near = NearMiss.Find(text.Value, Words);
            var suggestion = near is null ? "" : $" Did you mean {near}?";
            return new Complaint(ProblemCodes.UnknownValue, $"{Name} must be {OneOf(Words)}.{suggestion}", near is null ? null : $"\"{near}\"");
        }

        value = Enum.Parse<T>(text.Value, ignoreCase: true);
        return null;
    }

    private static string OneOf(IReadOnlyList<string> words) => $"{string.Join(", ", words.SkipLast(1))} or {words[^1]}";
}
