using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Kftray.Benchmarks.Harness;

namespace Kftray.Benchmarks.Forwarders;

/// <summary><c>kftray-sidecar up</c>, one process for all.</summary>
internal sealed class SidecarForwarder(string program, string name = "sidecar") : IForwarder
{
    public string Name => name;

    public async Task<Running> StartAsync(string kubeconfig, string? context, IReadOnlyList<Route> routes, CancellationToken cancellationToken)
    {
        var ports = PortPicker.Take(routes.Count);
        var config = Path.Combine(Directory.CreateTempSubdirectory("kftray-bench").FullName, "kftray.json");
        await File.WriteAllTextAsync(config, Config(context, routes, ports), cancellationToken);
        var running = new Running(ports, [new Background(program, ["up", "--json", "--kubeconfig", kubeconfig, "--config", config])]);

        // Connections are held until there is a pod, so a port that answers is all that must be waited for.
        foreach (var port in ports)
            await WaitAsync(port, cancellationToken);
        return running;
    }

    private static string Config(string? context, IReadOnlyList<Route> routes, int[] ports) => JsonSerializer.Serialize(new
    {
        version = 1,
        forwards = routes.Select((route, i) => new Dictionary<string, object?>
        {
            ["alias"] = $"f{i}",
            ["context"] = context,
            ["namespace"] = route.Namespace,
            ["service"] = route.Service,
            ["remote_port"] = route.Port,
            ["local_port"] = ports[i],
        }.Where(field => field.Value is not null).ToDictionary()),
    });

    private static async Task WaitAsync(int port, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                return;
            }
            catch (SocketException) when (attempt < 200)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancellationToken);
            }
        }
    }
}
