using System.Diagnostics;
using System.Net;
using System.Text;
using Kftray.Testing.Controllers;
using Kftray.Testing.Pods;
using SystemProcess = System.Diagnostics.Process;

namespace Kftray.Testing.Network;

/// <summary>
/// Gives a pod's process the cluster's name resolution. The process asks the machine's resolver, which reads files in /etc; so it gets a
/// mount namespace of its own, in which those files are others: the real C library looks names up in the real way, and nothing of the
/// machine or of the program is changed for it. Root may do that; another user may where the kernel lets users make namespaces.
/// The files name our server, which must have port 53, the only one that resolvers ask. Where it has not (not root), the cluster's names
/// are kept in the hosts file instead, which the C library reads at every lookup, too; that knows no aliases out of the cluster.
/// </summary>
internal sealed class PodResolver : IController, IDisposable
{
    private const string Shell = "/bin/sh";

    // Every pair of arguments is a file and its place; then comes the program, which takes this process over.
    private const string Script = """
        while [ "$1" != -- ]; do mount --bind "$1" "$2" || exit 127; shift 2; done
        shift
        exec "$@"
        """;

    private readonly ClusterDns _names;
    private readonly IPAddress _nameServer;
    private readonly bool _hasServer;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, TestPod> _hostsFiles = [];
    private readonly Lazy<string?> _folder = new(MakeFolder);

    public PodResolver(ClusterDns names, IPEndPoint nameServer)
    {
        (_names, _nameServer, _hasServer) = (names, nameServer.Address, nameServer.Port == DnsServer.StandardPort);
        if (!_hasServer) names.Changed += Refresh;
    }

    /// <summary>False where processes are left with the machine's own names: not on Linux, or no namespaces.</summary>
    public bool IsEffective => _folder.Value is not null;

    private static string[] NewNamespace => Environment.IsPrivilegedProcess ? ["--mount"] : ["--mount", "--user", "--map-root-user"];

    /// <summary>Makes the program start inside its pod's name resolution.</summary>
    public void Wrap(ProcessStartInfo start, TestPod pod)
    {
        if (_folder.Value is not { } folder) return;
        var mounts = new List<string>();
        var hosts = Add("hosts", "/etc/hosts", HostsOf(pod));
        if (_hasServer) Add("resolv", "/etc/resolv.conf", ResolverOf(pod));
        else Follow(hosts, pod);
        // Without the machine's other sources: mDNS answers for .local, and systemd's resolver for everything.
        if (File.Exists("/etc/nsswitch.conf")) Add("nsswitch", "/etc/nsswitch.conf", "hosts: files dns\n");
        string[] command = [.. NewNamespace, "--", Shell, "-c", Script, Shell, .. mounts, "--", start.FileName, .. start.ArgumentList];
        start.FileName = "unshare";
        start.ArgumentList.Clear();
        foreach (var argument in command) start.ArgumentList.Add(argument);

        string Add(string kind, string place, string content)
        {
            var file = Path.Combine(folder, $"{pod.Uid}.{kind}");
            File.WriteAllText(file, content);
            mounts.AddRange([file, place]);
            return file;
        }
    }

    /// <summary>Without a server the files follow what changes.</summary>
    public TimeSpan? Reconcile(string @namespace)
    {
        if (!_hasServer) Refresh();
        return null;
    }

    public void Dispose()
    {
        _names.Changed -= Refresh;
        if (_folder is { IsValueCreated: true, Value: { } folder }) Directory.Delete(folder, recursive: true);
    }

    private void Follow(string file, TestPod pod)
    {
        lock (_gate) _hostsFiles[file] = pod;
    }

    private void Refresh()
    {
        lock (_gate)
        {
            foreach (var (file, pod) in _hostsFiles.ToArray())
            {
                var hosts = HostsOf(pod);
                if (pod.IsRemoved) _hostsFiles.Remove(file);
                else if (File.ReadAllText(file) != hosts) Rewrite(file, hosts);
            }
        }
    }

    // In place, because a new file would not be the one that is mounted; and never empty meanwhile, because somebody may be reading it.
    private static void Rewrite(string file, string content)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        stream.Write(Encoding.UTF8.GetBytes(content));
        stream.SetLength(stream.Position);
    }

    private string ResolverOf(TestPod pod) =>
        $"nameserver {_nameServer}\nsearch {pod.Namespace}.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n";

    private string HostsOf(TestPod pod)
    {
        var hosts = new StringBuilder($"{pod.Loopback} localhost\n{pod.Ip} {pod.Name}\n");
        if (_hasServer) return hosts.ToString();
        foreach (var (address, name) in _names.Known(pod.Namespace)) hosts.Append($"{address} {name}\n");
        return hosts.ToString();
    }

    /// <returns>Null when a process cannot be given files of its own here; tried, not guessed.</returns>
    private static string? MakeFolder()
    {
        if (!OperatingSystem.IsLinux()) return null;
        var folder = Directory.CreateTempSubdirectory("kftray-testcluster-").FullName;
        var probe = Path.Combine(folder, "probe");
        File.WriteAllText(probe, "");
        try
        {
            using var process = SystemProcess.Start(
                new ProcessStartInfo("unshare", [.. NewNamespace, "--", Shell, "-c", Script, Shell, probe, "/etc/hosts", "--", "true"]) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode == 0) return folder;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // There is no unshare: the answer is no.
        }

        Directory.Delete(folder, recursive: true);
        return null;
    }
}
