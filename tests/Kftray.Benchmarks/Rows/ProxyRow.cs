using System.Net;
using Kftray.Benchmarks.Forwarders;
using Kftray.Benchmarks.Harness;

namespace Kftray.Benchmarks.Rows;

/// <summary>TCP through a relay to a host behind the cluster, beside a forward to a pod with the same server: iperf3 both ways.</summary>
internal static class ProxyRow
{
    private static readonly IRow[] Rows = [new IperfRow("iperf"), new IperfRow("iperf-R", "-R")];

    public static async Task MeasureAsync(string sidecar, Scene scene, int rounds, Pace pace, Action<string, IReadOnlyList<Figure>> add, CancellationToken cancellationToken)
    {
        await using var proxy = await RelayForwarder.StartAsync(sidecar, scene.Kubeconfig, "tcp", scene.IperfServer!.Address, cancellationToken);
        await using var plain = await new SidecarForwarder(sidecar).StartAsync(scene.Kubeconfig, null, [scene.Iperf!], cancellationToken);
        for (var round = 0; round < rounds; round++)
        {
            foreach (var row in Rows)
            {
                await MeasureAsync(row, "to a pod", plain);
                await MeasureAsync(row, "by proxy", proxy);
            }
        }

        async Task MeasureAsync(IRow row, string how, Running running)
        {
            await scene.IperfServer!.RestartAsync(cancellationToken);
            var subject = new Subject("sidecar", new IPEndPoint(IPAddress.Loopback, running.Ports[0]), running);
            var figures = await row.MeasureAsync(subject, pace, cancellationToken);
            add("sidecar", [.. figures.Select(figure => figure with { Name = $"{figure.Name}, {how}" })]);
        }
    }
}
