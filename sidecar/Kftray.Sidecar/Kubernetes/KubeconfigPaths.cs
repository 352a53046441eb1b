using Kftray.Sidecar.Workspace;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>Which files a kubeconfig setting means. A list is separated as in <c>$KUBECONFIG</c>; earlier files win.</summary>
internal static class KubeconfigPaths
{
    /// <param name="setting">A path, a list of paths, or null, empty or <c>default</c> for <c>$KUBECONFIG</c>, else <c>~/.kube/config</c>.</param>
    /// <returns>Absolute paths; never empty.</returns>
    public static IReadOnlyList<string> Find(string? setting, HostEnvironment environment)
    {
        var list = IsDefault(setting) ? environment["KUBECONFIG"] : setting;

        // Empty entries are skipped, as kubectl does: `KUBECONFIG=a::b` is common.
        var paths = (list ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(path => Path.GetFullPath(PathExpansion.Expand(path, environment.HomeDirectory, name => environment[name])))
            .Distinct()
            .ToArray();
        return paths.Length > 0 ? paths : [Path.Combine(environment.HomeDirectory, ".kube", "config")];
    }

    public static bool IsDefault(string? setting) => string.IsNullOrWhiteSpace(setting) || setting == "default";
}
