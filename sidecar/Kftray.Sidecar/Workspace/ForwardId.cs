namespace Kftray.Sidecar.Workspace;

/// <summary>
/// Ids are <c>source/alias</c>. Everything before the first slash is the source: slashes in its name become <c>%2F</c>, and percent signs
/// <c>%25</c>. The alias follows as it is. So an id changes only when its source or its alias does, and no two pairs share one.
/// </summary>
internal static class ForwardId
{
    /// <summary>The source of what belongs to the user and to no folder.</summary>
    public const string UserSource = "user";

    public static string Of(string source, string alias) =>
        $"{source.Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal)}/{alias}";
}
