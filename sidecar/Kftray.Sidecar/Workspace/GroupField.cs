namespace Kftray.Sidecar.Workspace;

/// <summary>A key whose value is an object with keys of its own.</summary>
internal sealed class GroupField(string name, string description, IReadOnlyList<ConfigField> fields) : ConfigField<ObjectNode>(name, description)
{
    public IReadOnlyList<ConfigField> Fields { get; } = fields;

    /// <summary>Keys that are accepted and mean nothing, with the reason.</summary>
    public IReadOnlyDictionary<string, string> Unused { get; init; } = new Dictionary<string, string>();

    public override Complaint? Read(ConfigNode node, out ObjectNode? value)
    {
        value = node as ObjectNode;
        return value is null ? WrongType("an object", node) : null;
    }
}

/// <summary>A key whose value is an object of strings under free names, such as labels.</summary>
internal sealed class MapField(string name, string description) : ConfigField(name, description)
{
    public override Complaint? Check(ConfigNode node) =>
        node is ObjectNode map && map.Members.All(m => m.Value is StringNode) ? null : WrongType("an object of strings", node);
}

/// <summary>A key whose value is passed on to Kubernetes as it is.</summary>
internal sealed class ManifestField(string name, string description, bool isList) : ConfigField(name, description)
{
    public bool IsList { get; } = isList;

    public override Complaint? Check(ConfigNode node) => (node, IsList) switch
    {
        (ArrayNode, true) or (ObjectNode, false) => null,
        _ => WrongType(IsList ? "an array" : "an object", node),
    };
}
