using System.Text.Json;
using System.Text.Json.Nodes;
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
        var active = new HashSet<string>();
        var running = new Running(ports, [new Background(program, ["up", "--json", "--kubeconfig", kubeconfig, "--config", config], IsReady)]);
        await running.Processes[0].WaitUntilReadyAsync(cancellationToken);
        return running;

        // Asked of its own words: a connection to try would be one that the application sees.
        bool IsReady(string line)
        {
            var snapshot = JsonNode.Parse(line)!;
            if (snapshot["status"]?.GetValue<string>() == "active")
                active.Add(snapshot["id"]!.GetValue<string>());
            return active.Count == routes.Count;
        }
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
}
