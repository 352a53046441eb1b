namespace Kftray.Sidecar.Workspace;

/// <summary>The keys at the top of a config file.</summary>
internal static class FileFields
{
    /// <summary>The newest version of the format that is understood.</summary>
    public const int NewestVersion = 1;

    public static TextField Schema { get; } = new("$schema", "Address of the JSON schema; only editors read it.");

    public static IntegerField Version { get; } = new("version", "Version of this format.", 1, NewestVersion);

    public static GroupField Defaults { get; } = new("defaults",
        "Values for every forward of this file that does not say otherwise.", [.. ForwardFields.All.Where(f => f.InDefaults)])
    {
        Unused = ForwardFields.Unused
            .Concat(ForwardFields.All.Where(f => !f.InDefaults).Select(f => KeyValuePair.Create(f.Name, "not used in defaults; it belongs to a single forward")))
            .ToDictionary(),
    };

    public static ForwardsField Forwards { get; } = new("forwards", "The forwards, in the order they are shown.");

    public static GroupField File { get; } = new("", "The forwards of a workspace or of a user.", [Schema, Version, Defaults, Forwards]);

    internal sealed class ForwardsField(string name, string description) : ConfigField<ArrayNode>(name, description)
    {
        public override Complaint? Read(ConfigNode node, out ArrayNode? value)
        {
            value = node as ArrayNode;
            return value is null ? WrongType("an array of forwards", node) : null;
        }
    }
}
