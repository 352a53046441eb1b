using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Workspace;

/// <summary>
/// One forward before it is judged: the keys of its defaults, of its own object and of the user's changes, laid over each other. Each value
/// remembers its document, so a complaint points to where the value is written.
/// </summary>
internal sealed class LayeredForward(ConfigDocument document, ObjectNode definition)
{
    private readonly Dictionary<string, (ConfigMember Member, ConfigDocument Document)> _values = [];

    /// <summary>Where the forward is defined.</summary>
    public ConfigDocument Document { get; } = document;

    public ObjectNode Definition { get; } = definition;

    public string Source => Document.Folder;

    /// <summary>Given by <see cref="AliasRegistry"/>; empty while the forward has none.</summary>
    public string Alias { get; set; } = "";

    /// <summary>False for a forward that cannot be told from another, or has nothing to be called by.</summary>
    public bool HasIdentity => Alias.Length > 0;

    public string Id => ForwardId.Of(Source, Alias);

    /// <summary>The first error, in words for the forward's row. Null while it can run.</summary>
    public string? Error { get; set; }

    /// <summary>Every object the forward was read from, defaults not included.</summary>
    public List<(ConfigDocument Document, ObjectNode Node)> Definitions { get; } = [(document, definition)];

    /// <summary>Lays the keys of <paramref name="layer"/> over what is there.</summary>
    public void Lay(ObjectNode layer, ConfigDocument from, IReadOnlyList<ConfigField> fields)
    {
        foreach (ConfigMember member in layer.Members.Where(m => !m.Value.IsAbsent && fields.Any(f => f.Name == m.Key)))
            _values[member.Key] = (Merged(member), from);
    }

    /// <summary>What is an object in both layers is laid over key by key.</summary>
    private ConfigMember Merged(ConfigMember member) =>
        member.Value is ObjectNode upper && _values.TryGetValue(member.Key, out var lower) && lower.Member.Value is ObjectNode below
            ? member with { Value = upper.Over(below) }
            : member;

    /// <summary>Null when the key is absent, and also when its value is wrong, which then is the forward's error.</summary>
    public Located<T>? Find<T>(ConfigField<T> field)
    {
        if (!_values.TryGetValue(field.Name, out (ConfigMember Member, ConfigDocument Document) found))
            return null;

        if (field.Read(found.Member.Value, out T? value) is { } complaint)
        {
            Error ??= complaint.Message;
            return null;
        }

        return new Located<T>(value!, found.Member.Value.Range, found.Document);
    }

    public bool Has(ConfigField field) => _values.ContainsKey(field.Name);
}

/// <summary>A value and where it is written.</summary>
internal sealed record Located<T>(T Value, TextRange Range, ConfigDocument Document);
