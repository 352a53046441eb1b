using System.Net;
using System.Net.Sockets;
using Kftray.Benchmarks.Forwarders;
using Kftray.Benchmarks.Harness;

namespace Kftray.Benchmarks.Rows;

/// <summary>Datagrams through a relay, beside the same without a forwarder; and their round trip, beside that of a TCP forward.</summary>
internal static class UdpRow
{
    private const int PacketsPerSecond = 50_000;
    private const int PacketSize = 200;

    public static async Task MeasureAsync(string sidecar, Scene scene, int rounds, Pace pace, Action<string, IReadOnlyList<Figure>> add, CancellationToken cancellationToken)
    {
        using var receiver = UdpLoad.Open();
        var target = (IPEndPoint)receiver.LocalEndPoint!;
        await using (var running = await RelayForwarder.StartAsync(sidecar, scene.Kubeconfig, "udp", target, cancellationToken))
        {
            var forward = new IPEndPoint(IPAddress.Loopback, running.Ports[0]);
            for (var round = 0; round < rounds; round++)
            {
                await OneWayAsync("direct", target, running: null);
                await OneWayAsync("sidecar", forward, running);
            }
        }

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var echoing = UdpLoad.EchoAsync(receiver, stopping.Token);
        await using (var running = await RelayForwarder.StartAsync(sidecar, scene.Kubeconfig, "udp", target, cancellationToken))
        await using (var tcp = await new SidecarForwarder(sidecar).StartAsync(scene.Kubeconfig, null, [scene.Echo!], cancellationToken))
        {
            for (var round = 0; round < rounds; round++)
            {
                AddPings("sidecar", "UDP", await UdpLoad.PingAsync(new IPEndPoint(IPAddress.Loopback, running.Ports[0]), pace.Samples * 10, cancellationToken));
                AddPings("sidecar", "TCP echo", await PingTcpAsync(tcp.Ports[0], pace.Samples * 10, cancellationToken));
            }
        }

        await stopping.CancelAsync();
        await echoing;

        async Task OneWayAsync(string subject, IPEndPoint to, Running? running)
        {
            var cpu = running?.CpuSeconds ?? 0;
            var result = await UdpLoad.SendAsync(to, receiver, PacketsPerSecond, PacketSize, pace.Load, cancellationToken);
            List<Figure> figures =
            [
                new("UDP one way, 200 B [packets/s]", result.PacketsPerSecond, true),
                new("UDP one way, lost [%]", result.LossPercent, false),
                new("UDP one way, out of order", result.OutOfOrder, false),
            ];
            if (running is not null)
                figures.Add(new("CPU s per million packets", (running.CpuSeconds - cpu) / result.Sent * 1e6, false));
            add(subject, figures);
        }

        void AddPings(string subject, string what, List<double> pings) => add(subject,
        [
            new($"{what} round trip p50 [ms]", Statistics.Median(pings), false),
            new($"{what} round trip p99 [ms]", Statistics.Percentile(pings, 0.99), false),
        ]);
    }

    private static async Task<List<double>> PingTcpAsync(int port, int count, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
        await using var stream = new NetworkStream(socket);
        return await Pings.MeasureAsync(count, async buffer =>
        {
            await stream.WriteAsync(buffer, cancellationToken);
            await stream.ReadExactlyAsync(buffer, cancellationToken);
        });
    }
}
