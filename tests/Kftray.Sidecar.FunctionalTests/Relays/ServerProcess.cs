using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests.Relays;

/// <summary>A real server of this machine that stands for one behind the cluster; killed when it is disposed.</summary>
internal sealed class ServerProcess : IDisposable
{
    private static readonly string[] Folders =
    [
        .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator), "/usr/sbin",
        .. Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")) : [],
    ];

    private readonly Process _process;

    private ServerProcess(Process process) => _process = process;

    /// <summary>Where it is; the test is skipped when it is not installed.</summary>
    public static string Find(string program, string package)
    {
        var found = Folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
        Assert.SkipWhen(found is null, $"There is no {program}. On Debian: apt-get install {package}");
        return found!;
    }

    /// <summary>A port of 127.0.0.1 that is free for both protocols right now.</summary>
    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Starts it and waits until it takes TCP connections.</summary>
    public static async Task<ServerProcess> StartAsync(int port, string program, string[] arguments, CancellationToken cancellationToken)
    {
        var server = new ServerProcess(Process.Start(new ProcessStartInfo(program, arguments))!);
        try
        {
            while (true)
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                    return server;
                }
                catch (SocketException) when (!server._process.HasExited)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
                }
            }
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Runs a client to its end and returns what it has written.</summary>
    public static async Task<string> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {await errors} {await output}");
        return await output;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }
}
