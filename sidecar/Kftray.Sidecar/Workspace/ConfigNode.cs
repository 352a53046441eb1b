using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Workspace;

/// <summary>A value of a config document that knows where it is written.</summary>
internal abstract record ConfigNode(TextRange Range)
{
    /// <summary>What the value is, in the words of a complaint.</summary>
    public abstract string Kind { get; }

    /// <summary>The desktop app writes null or an empty string for what was not filled in.</summary>
    public bool IsAbsent => this is NullNode or StringNode { Value: "" };
}

/// <param name="Members">In the order of the text; a key may occur twice.</param>
internal sealed record ObjectNode(TextRange Range, IReadOnlyList<ConfigMember> Members) : ConfigNode(Range)
{
    public override string Kind => "an object";

    /// <summary>The brace that opens it: where something that is missing inside gets reported.</summary>
    public TextRange OpeningBrace => Range with { EndLine = Range.StartLine, EndColumn = Range.StartColumn + 1 };

    /// <summary>The members of both, those of this one where both have them.</summary>
    public ObjectNode Over(ObjectNode below) => this with { Members = [.. below.Members.Where(member => Find(member.Key) is null), .. Members] };

    /// <returns>The last member of that name, which is the one that counts, or null.</returns>
    public ConfigMember? Find(string key) => Members.LastOrDefault(m => m.Key == key);
}

internal sealed record ArrayNode(TextRange Range, IReadOnlyList<ConfigNode> Items) : ConfigNode(Range)
{
    public override string Kind => "an array";
}

internal sealed record StringNode(TextRange Range, string Value) : ConfigNode(Range)
{
    /// <summary>True when a variable was put in: then it may also stand where a number is wanted, which cannot be written otherwise.</summary>
    public bool IsExpanded { get; init; }

    public override string Kind => "a string";
}

internal sealed record NumberNode(TextRange Range, double Value) : ConfigNode(Range)
{
    public override string Kind => "a number";
}

internal sealed record BooleanNode(TextRange Range, bool Value) : ConfigNode(Range)
{
    public override string Kind => Value ? "true" : "false";
}

internal sealed record NullNode(TextRange Range) : ConfigNode(Range)
{
    public override string Kind => "null";
}

internal sealed record ConfigMember(string Key, TextRange KeyRange, ConfigNode Value);
