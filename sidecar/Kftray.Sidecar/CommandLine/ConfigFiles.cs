using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.CommandLine;

/// <summary>The config documents that were named on the command line, and how each was named there.</summary>
internal sealed class ConfigFiles
{
    private const string SettingsFolder = ".vscode";
    private const string SharedFile = "kftray.json";
    private const string LocalFile = "kftray.local.json";

    private readonly Dictionary<string, string> _names = [];

    public List<ConfigDocument> Documents { get; } = [];

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

    /// <summary>The line that editors and terminals make a link of: <c>file:line:column: message</c>, counted from 1.</summary>
    public string Describe(Problem problem) =>
        $"{_names.GetValueOrDefault(problem.Uri, problem.Uri)}:{problem.Range.StartLine + 1}:{problem.Range.StartColumn + 1}: {problem.Message}";

    private async Task AddAsync(string path, DocumentKind kind, string workingDirectory, CancellationToken cancellationToken)
    {
        var full = Path.GetFullPath(path, workingDirectory);
        var uri = new Uri(full).AbsoluteUri;
        if (!_names.TryAdd(uri, path))
            throw new CliException($"{path} is named twice.");

        Documents.Add(new(uri, FolderOf(full), kind, await ReadTextAsync(path, full, cancellationToken)));
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
    private static string FolderOf(string file)
    {
        var folder = Directory.GetParent(file)!;
        if (folder is { Name: SettingsFolder, Parent: { } parent })
            folder = parent;
        return folder.Name;
    }
}
