using System.Globalization;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Endpoints.Owners;

/// <summary>Reads <c>/proc</c>: the socket tables name an inode, and the open files of a process name the same one.</summary>
/// <param name="root">Where <c>/proc</c> is mounted.</param>
internal sealed class LinuxPortOwners(string root = "/proc") : IPortOwners
{
    public Task<IReadOnlyList<PortListener>> FindAsync(int port, ForwardProtocol protocol, CancellationToken cancellationToken) =>
        // Thousands of small reads: not on the caller's thread.
        Task.Run(() => Find(port, protocol), cancellationToken);

    private IReadOnlyList<PortListener> Find(int port, ForwardProtocol protocol)
    {
        var isTcp = protocol == ForwardProtocol.Tcp;
        string[] tables = isTcp ? ["tcp", "tcp6"] : ["udp", "udp6"];
        var sockets = tables
            .SelectMany(table => ProcNet.Listeners(Read(Path.Combine(root, "net", table)) ?? "", port, isTcp))
            .ToArray();
        if (sockets.Length == 0)
            return [];

        var owners = FindOwners(sockets.Select(socket => $"socket:[{socket.Inode}]").ToHashSet());
        return [.. sockets.Select(socket => new PortListener(
            socket.Address, owners.TryGetValue($"socket:[{socket.Inode}]", out var process) ? Describe(process) : null))];
    }

    /// <summary>The lowest process id for each socket: a server's children share what it listens on.</summary>
    private Dictionary<string, int> FindOwners(HashSet<string> sockets)
    {
        var owners = new Dictionary<string, int>();
        foreach (var process in ProcessIds())
        {
            foreach (var target in OpenFiles(process).Where(sockets.Contains))
                owners.TryAdd(target, process);
            if (owners.Count == sockets.Count)
                break;
        }

        return owners;
    }

    private IEnumerable<int> ProcessIds() => Directory.EnumerateDirectories(root)
        .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
        .Where(id => id > 0)
        .Order();

    private List<string> OpenFiles(int process)
    {
        var files = new List<string>();
        try
        {
            foreach (var entry in new DirectoryInfo(Path.Combine(root, process.ToString(CultureInfo.InvariantCulture), "fd")).EnumerateFileSystemInfos())
            {
                if (entry.LinkTarget is { } target)
                    files.Add(target);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another user's, or it has just ended: what was read counts.
            return files;
        }

        return files;
    }

    private ProcessDescription Describe(int process)
    {
        var folder = Path.Combine(root, process.ToString(CultureInfo.InvariantCulture));
        var arguments = (Read(Path.Combine(folder, "cmdline")) ?? "").TrimEnd('\0').Split('\0', StringSplitOptions.RemoveEmptyEntries);
        // `comm` is cut at 15 characters, and a thread may rename itself; the program's own name is better where there is one.
        var name = arguments is [var program, ..] ? Path.GetFileName(program.Split(' ')[0].TrimEnd(':')) : Read(Path.Combine(folder, "comm"))?.Trim();
        return new(process, string.IsNullOrEmpty(name) ? "?" : name, arguments.Length == 0 ? null : string.Join(' ', arguments), arguments);
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Ended meanwhile, another user's, or a system without IPv6.
            return null;
        }
    }
}
