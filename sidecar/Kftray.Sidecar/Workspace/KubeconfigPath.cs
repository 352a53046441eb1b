using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Workspace;

/// <summary>What a document says about its kubeconfig, as absolute paths. No file is touched.</summary>
internal static class KubeconfigPath
{
    /// <summary>The word for "as if nothing was said".</summary>
    public const string Default = "default";

    /// <param name="text">One path, or several separated as in <c>$KUBECONFIG</c>; see <see cref="PathExpansion"/>.</param>
    /// <param name="document">Relative paths start at its workspace folder, or else where it lies.</param>
    public static string Resolve(string text, ConfigDocument document) =>
        Join(Split(text).Select(path => Resolve(path, DocumentPath.FolderOf(document.Uri))));

    /// <summary>What the settings say, as one list.</summary>
    public static string Join(IEnumerable<string> paths) => string.Join(Path.PathSeparator, paths);

    public static IEnumerable<string> Split(string text) =>
        text.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>True when a part of the list only exists on one machine.</summary>
    public static bool IsMachineSpecific(string text) => Split(text).Any(Path.IsPathRooted);

    private static string Resolve(string path, string? folder)
    {
        var expanded = PathExpansion.Expand(path);
        return folder is null ? expanded : Path.GetFullPath(expanded, folder);
    }
}
