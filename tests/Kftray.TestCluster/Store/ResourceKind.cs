using System.Collections.Immutable;

namespace Kftray.Testing.Store;

/// <summary>What the API server knows about one resource; the catalogue is <see cref="ResourceKinds"/>.</summary>
/// <param name="Group">API group, empty for core.</param>
/// <param name="Plural">The resource's name in paths, for example <c>pods</c>.</param>
/// <param name="Kind">The objects' kind, for example <c>Pod</c>.</param>
public sealed record ResourceKind(string Group, string Version, string Plural, string Kind, bool IsNamespaced)
{
    public ImmutableArray<string> ShortNames { get; init; } = [];

    public ImmutableArray<string> Categories { get; init; } = [];

    public ImmutableArray<Subresource> Subresources { get; init; } = [];

    /// <summary>True for resources that can only be posted, like an access review.</summary>
    public bool IsCreateOnly { get; init; }

    /// <summary>True where a deletion answers with the object instead of a status.</summary>
    public bool ReturnsDeleted { get; init; }

    public string GroupVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    public string Singular => Kind.ToLowerInvariant();

    /// <summary>The resource with its group as messages name it: <c>pods</c>, <c>deployments.apps</c>.</summary>
    public string QualifiedName => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    // The catalogue holds one instance each: identity is equality, and cheap as a dictionary key.
    public bool Equals(ResourceKind? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}

/// <summary>A path below an object, for example <c>pods/portforward</c>.</summary>
public sealed record Subresource(string Name, string Group, string Version, string Kind, params string[] Verbs);
