using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Workspace;

namespace Kftray.Sidecar.CommandLine;

/// <summary>The config documents that were named on the command line, and how each was named there.</summary>
internal sealed class ConfigFiles
{
    private const string SettingsFolder = ".vscode";
    private const string SharedFile = "kftray.json";
    private const string LocalFile = "kftray.local.json";

    private readonly Dictionary<string, string> _names = [];
    private readonly HashSet<string> _folders = [];

    public List<ConfigDocument> Documents { get; } = [];

    /// <summary>The workspace folders of the documents.</summary>
    public IEnumerable<string> Folders => _folders;

    /// <summary>Reads the files; without any, the workspace file of the working directory with this person's changes to it.</summary>
    /// <exception cref="CliException">A file cannot be read.</exception>
    public static async Task<ConfigFiles> ReadAsync(IReadOnlyList<string> paths, string workingDirectory, CancellationToken cancellationToken)
    {
        var files = new ConfigFiles();
        foreach (var path in paths)
            await files.AddAsync(path, DocumentKind.Shared, workingDirectory, cancellationToken);

        if (paths.Count == 0)
        {
            await files.AddAsync(Path.Combine(SettingsFolder, SharedFile), DocumentKind.Shared, workingDirectory, cancellationToken);
            var local = Path.Combine(SettingsFolder, LocalFile);
            if (File.Exists(Path.Combine(workingDirectory, local)))
                await files.AddAsync(local, DocumentKind.Local, workingDirectory, cancellationToken);
        }

        return files;
    }

    /// <summary>The problem with its place, the file as it was named on the command line.</summary>
    public string Describe(Problem problem) =>
        ProblemFormat.Line(problem, _names.GetValueOrDefault(problem.Uri));

    private async Task AddAsync(string path, DocumentKind kind, string workingDirectory, CancellationToken cancellationToken)
    {
        var full = Path.GetFullPath(path, workingDirectory);
        var uri = new Uri(full).AbsoluteUri;
        if (!_names.TryAdd(uri, path))
            throw new CliException($"{path} is named twice.");

        var folder = FolderOf(full);
        _folders.Add(folder.FullName);
        Documents.Add(new(uri, folder.Name, kind, await ReadTextAsync(path, full, cancellationToken)));
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

    // The workspace folder, as in the editor: the one that has the .vscode folder in it.
    private static DirectoryInfo FolderOf(string file)
    {
        var folder = Directory.GetParent(file)!;
        return folder is { Name: SettingsFolder, Parent: { } parent } ? parent : folder;
    }
}
