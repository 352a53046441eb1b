namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>
/// Finds a plugin as Go's <c>exec.LookPath</c> does for kubectl: in the folders of PATH and nowhere else. Above all not in the current
/// folder, which may be a workspace of somebody else's.
/// </summary>
/// <param name="isWindows">There a name stands for the files with one of the extensions of PATHEXT.</param>
internal sealed class PluginLocator(bool isWindows, string? pathExtensions, Func<string, bool> isExecutable)
{
    private readonly string[] _extensions = isWindows
        ? (pathExtensions ?? ".COM;.EXE;.BAT;.CMD").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        : [];

    public static PluginLocator Create(HostEnvironment environment) => new(OperatingSystem.IsWindows(), environment["PATHEXT"], IsExecutable);

    /// <param name="command">A name, or an absolute path.</param>
    /// <param name="folders">Where names are looked for, in this order.</param>
    /// <returns>The file to run; null when there is none.</returns>
    public string? Find(string command, IEnumerable<string> folders) => IsPath(command)
        ? Files(command).FirstOrDefault(isExecutable)
        // A relative folder in PATH is the current folder in disguise.
        : folders.Where(Path.IsPathFullyQualified).SelectMany(folder => Files(Path.Combine(folder, command))).FirstOrDefault(isExecutable);

    public static bool IsPath(string command) => command.Contains('/', StringComparison.Ordinal) || Path.IsPathFullyQualified(command);

    private IEnumerable<string> Files(string path) => !isWindows
        ? [path]
        : _extensions.Any(extension => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase))
            ? [path]
            : _extensions.Select(extension => path + extension);

    private static bool IsExecutable(string path) => File.Exists(path)
        && (OperatingSystem.IsWindows()
            || (File.GetUnixFileMode(path) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0);
}
