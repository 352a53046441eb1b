using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kftray.Benchmarks.Harness;

namespace Kftray.Benchmarks.Forwarders;

/// <summary><c>kftray-sidecar up</c> with a forward through a relay, to a host that stands for one behind the cluster.</summary>
internal static class RelayForwarder
{
    public static async Task<Running> StartAsync(string sidecar, string kubeconfig, string protocol, IPEndPoint target, CancellationToken cancellationToken)
    {
        var ports = PortPicker.Take(1);
        var config = Path.Combine(Directory.CreateTempSubdirectory("kftray-bench").FullName, "kftray.json");
        await File.WriteAllTextAsync(config, JsonSerializer.Serialize(new
        {
            version = 1,
            forwards = new[]
            {
                new Dictionary<string, object>
                {
                    ["alias"] = "relayed",
                    ["namespace"] = "bench",
                    ["workload_type"] = "proxy",
                    ["protocol"] = protocol,
                    ["remote_address"] = target.Address.ToString(),
                    ["remote_port"] = target.Port,
                    ["local_port"] = ports[0],
                },
            },
        }), cancellationToken);
        var running = new Running(ports, [new Background(sidecar, ["up", "--json", "--kubeconfig", kubeconfig, "--config", config], IsReady)]);
        await running.Processes[0].WaitUntilReadyAsync(cancellationToken);
        return running;

        static bool IsReady(string line) => JsonNode.Parse(line)!["status"]?.GetValue<string>() == "active";
    }
}
