using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Workspace;

namespace Kftray.Sidecar.CommandLine;

/// <summary>The config documents that were named on the command line, and how each was named there.</summary>
internal sealed class ConfigFiles
{
    private const string SettingsFolder = ".vscode";
    private const string SharedFile = "kftray.json";
    private const string LocalFile = "kftray.local.json";
    private const string LocalEnding = ".local.json";

    private readonly Dictionary<string, string> _names = [];

    public List<ConfigDocument> Documents { get; } = [];

    /// <summary>Reads the files; without any, the workspace file of the working directory with this person's changes to it.</summary>
    /// <exception cref="CliException">A file cannot be read.</exception>
    public static async Task<ConfigFiles> ReadAsync(IReadOnlyList<string> paths, string workingDirectory, CancellationToken cancellationToken)
    {
        var files = new ConfigFiles();
        foreach (var path in paths)
            await files.AddAsync(path, KindOf(path), workingDirectory, cancellationToken);

        if (paths.Count == 0)
        {
            var shared = Path.Combine(SettingsFolder, SharedFile);
            await files.AddAsync(shared, KindOf(shared), workingDirectory, cancellationToken);
            var local = Path.Combine(SettingsFolder, LocalFile);
            if (File.Exists(Path.Combine(workingDirectory, local)))
                await files.AddAsync(local, KindOf(local), workingDirectory, cancellationToken);
        }

        return files;
    }

    /// <summary>The problem with its place, the file as it was named on the command line.</summary>
    public string Describe(Problem problem) => ProblemFormat.Line(problem, _names.GetValueOrDefault(problem.Uri));

    // As in a workspace: a person's changes lie beside the shared file.
    private static DocumentKind KindOf(string path) =>
        path.EndsWith(LocalEnding, StringComparison.OrdinalIgnoreCase) ? DocumentKind.Local : DocumentKind.Shared;

    private async Task AddAsync(string path, DocumentKind kind, string workingDirectory, CancellationToken cancellationToken)
    {
        var full = Path.GetFullPath(path, workingDirectory);
        var uri = new Uri(full).AbsoluteUri;
        if (!_names.TryAdd(uri, path))
            throw new CliException($"{path} is named twice.");

        // The editor names a workspace folder by its last part, too.
        var folder = Path.GetFileName(DocumentPath.FolderOf(uri)) ?? "";
        Documents.Add(new(uri, folder, kind, await ReadTextAsync(path, full, cancellationToken)));
    }

    private static async Task<string> ReadTextAsync(string path, string full, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllTextAsync(full, cancellationToken);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException($"There is no file {path}.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{path} cannot be read: {e.Message}", e);
        }
    }
}
