using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Workspace;

namespace Kftray.Sidecar.CommandLine;

/// <summary>What a verb of the terminal asks the engine for.</summary>
internal static class WantedForwards
{
    /// <summary>The files with nothing enabled. They were named by the user, so they are trusted, and so is what lies beside them.</summary>
    /// <param name="kubeconfig">One or more paths, separated as in <c>$KUBECONFIG</c>; null when none was named.</param>
    public static ApplyParams Of(ConfigFiles files, string? kubeconfig, string workingDirectory) => new()
    {
        Documents = files.Documents,
        Trusted = true,
        Consents = [.. files.Documents.Select(document => DocumentPath.FolderOf(document.Uri)).OfType<string>()],
        Settings = new()
        {
            Kubeconfig = kubeconfig is null
                ? []
                : [.. kubeconfig.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Select(path => Path.GetFullPath(path, workingDirectory))],
        },
    };
}
