namespace Kftray.Sidecar.Workspace;

/// <summary>Where a document lies, as far as its URI tells. No file is touched.</summary>
internal static class DocumentPath
{
    /// <returns>The path of a <c>file:</c> URI; null for any other document.</returns>
    public static string? Of(string uri)
    {
        if (!Uri.TryCreate(uri, UriKind.Absolute, out Uri? parsed) || !parsed.IsFile)
            return null;

        // The editor writes the colon of a Windows drive as %3A, which leaves a slash in front of the drive.
        var path = parsed.LocalPath;
        return OperatingSystem.IsWindows() && path is ['/' or '\\', _, ':', ..] ? path[1..] : path;
    }

    /// <summary>The workspace folder of a document in <c>.vscode</c>, else the folder that the document lies in; null when it is not a file.</summary>
    public static string? FolderOf(string uri)
    {
        var folder = Path.GetDirectoryName(Of(uri));
        return Path.GetFileName(folder) == ".vscode" ? Path.GetDirectoryName(folder) : folder;
    }
}
