namespace Kftray.Sidecar.Workspace;

/// <summary>
/// One key that a config object may hold: what it means and which values it takes. The reader and the JSON schema both come from these.
/// </summary>
/// <param name="name">As the file spells it.</param>
/// <param name="description">Markdown, for the editor's hover and completion.</param>
internal abstract class ConfigField(string name, string description)
{
    public string Name { get; } = name;

    public string Description { get; } = description;

    /// <summary>False for what only makes sense for a single forward.</summary>
    public bool InDefaults { get; init; } = true;

    /// <returns>What is wrong with the value, or null.</returns>
    public abstract Complaint? Check(ConfigNode node);

    protected Complaint WrongType(string expected, ConfigNode actual) =>
        new(ProblemCodes.WrongType, $"{Name} must be {expected}, not {actual.Kind}.");
}

/// <summary>A key whose values are read as <typeparamref name="T"/>.</summary>
internal abstract class ConfigField<T>(string name, string description) : ConfigField(name, description)
{
    /// <returns>Null when <paramref name="value"/> was read, else what is wrong.</returns>
    public abstract Complaint? Read(ConfigNode node, out T? value);

    public sealed override Complaint? Check(ConfigNode node) => Read(node, out _);
}

/// <param name="Code">One of <see cref="ProblemCodes"/>.</param>
/// <param name="Instead">What was probably meant, as JSON; null when nothing is near.</param>
internal sealed record Complaint(string Code, string Message, string? Instead = null);
