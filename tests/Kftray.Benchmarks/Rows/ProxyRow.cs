using System.Net;
using Kftray.Benchmarks.Forwarders;
using Kftray.Benchmarks.Harness;

namespace Kftray.Benchmarks.Rows;

/// <summary>
/// TCP through a relay to a host behind the cluster, beside a forward to a pod that leads to the same server: iperf3 both ways, redis-benchmark, psql.
/// </summary>
internal sealed class ProxyRow(
    string sidecar, string kubectl, Scene scene, int rounds, Pace pace, Action<string, IReadOnlyList<Figure>> add, Action<string> say)
{
    private static readonly IRow[] IperfRows = [new IperfRow("iperf"), new IperfRow("iperf-R", "-R")];

    public async Task MeasureAsync(CancellationToken cancellationToken)
    {
        if (scene.IperfServer is { } iperf)
        {
            foreach (var row in IperfRows)
            {
                await CompareAsync("iperf", iperf.Address, async (port, running) =>
                {
                    await iperf.RestartAsync(cancellationToken);
                    return (await row.MeasureAsync(new Subject("sidecar", new IPEndPoint(IPAddress.Loopback, port), running), pace, cancellationToken))[0];
                }, cancellationToken);
            }
        }

        await using (var redis = await RedisServer.StartAsync(cancellationToken))
        {
            if (redis is null)
                say("redis-benchmark: left out, there is no redis-server. Install it: apt-get install redis-server");
            (string Test, int Pipeline)[] loads = redis is null ? [] : [("set", 1), ("get", 1), ("get", 16)];
            foreach (var (test, pipeline) in loads)
            {
                var name = $"redis-benchmark {test.ToUpperInvariant()}{(pipeline > 1 ? $", {pipeline} at a time" : "")} [requests/s]";
                await CompareAsync("redis", redis!.Address, async (port, _) => new Figure(
                    name, await RedisServer.MeasureAsync(port, test, pipeline, pace.Seconds * 35_000 * pipeline, cancellationToken), true), cancellationToken);
            }
        }

        await using var postgres = await PostgresServer.StartAsync(cancellationToken);
        if (postgres is null)
        {
            say("psql: left out, PostgreSQL cannot be run here. Install it, and run as root: apt-get install postgresql");
            return;
        }

        await CompareAsync("postgres", postgres.Address, async (port, _) => new Figure(
            "psql, one query after the other [1/s]", await PostgresServer.MeasureQueriesAsync(port, pace.Seconds * 1000, cancellationToken), true), cancellationToken);
        await CompareAsync("postgres", postgres.Address, async (port, _) => new Figure(
            "psql, 100 MB [MB/s]", await PostgresServer.MeasureBulkAsync(port, cancellationToken), true), cancellationToken);
    }

    /// <summary>In alternating order, with the ratio of each round: what else the machine does hits both.</summary>
    private async Task CompareAsync(string name, IPEndPoint server, Func<int, Running, Task<Figure>> measure, CancellationToken cancellationToken)
    {
        var route = await scene.AddAsync(kubectl, $"{name}-pod", server, cancellationToken);
        await using var proxy = await RelayForwarder.StartAsync(sidecar, scene.Kubeconfig, "tcp", server, cancellationToken);
        await using var plain = await new SidecarForwarder(sidecar).StartAsync(scene.Kubeconfig, null, [route], cancellationToken);
        // The first run opens the sessions and fills caches.
        await measure(plain.Ports[0], plain);
        await measure(proxy.Ports[0], proxy);
        for (var round = 0; round < rounds; round++)
        {
            Figure? toPod = null;
            if (round % 2 == 0)
                toPod = await measure(plain.Ports[0], plain);
            var byProxy = await measure(proxy.Ports[0], proxy);
            toPod ??= await measure(plain.Ports[0], plain);
            add("sidecar",
            [
                toPod with { Name = $"{toPod.Name}, to a pod" },
                byProxy with { Name = $"{byProxy.Name}, by proxy" },
                new Figure($"{toPod.Name}: by proxy ÷ to a pod", byProxy.Value / toPod.Value),
            ]);
        }
    }
}
