using System.Net;
using System.Net.Sockets;
using Kftray.Benchmarks.Forwarders;
using Kftray.Benchmarks.Harness;

namespace Kftray.Benchmarks.Rows;

/// <summary>Datagrams through a relay, beside the same without a forwarder; and their round trip, beside that of a TCP forward.</summary>
internal sealed class UdpRow(string sidecar, string kubectl, Scene scene, int rounds, Pace pace, Action<string, IReadOnlyList<Figure>> add)
{
    private const int PacketsPerSecond = 50_000;
    private const int PacketSize = 200;

    // Round trips alternate within a round too: a machine is seldom quiet for as long as a round takes.
    private const int Turns = 10;

    public async Task MeasureAsync(CancellationToken cancellationToken)
    {
        await MeasureStreamAsync(cancellationToken);
        await MeasureRoundTripsAsync(cancellationToken);
    }

    private async Task MeasureStreamAsync(CancellationToken cancellationToken)
    {
        using var receiver = UdpLoad.Open();
        var target = (IPEndPoint)receiver.LocalEndPoint!;
        await using var running = await RelayForwarder.StartAsync(sidecar, scene.Kubeconfig, "udp", target, cancellationToken);
        var forward = new IPEndPoint(IPAddress.Loopback, running.Ports[0]);
        for (var round = 0; round < rounds; round++)
        {
            var direct = await SendAsync("direct", target);
            var cpu = running.CpuSeconds;
            var forwarded = await SendAsync("sidecar", forward);
            add("sidecar",
            [
                new("UDP one way, lost more than without a forwarder [points]", forwarded.LossPercent - direct.LossPercent, false),
                new("UDP one way: sidecar's processor time [µs a packet]", (running.CpuSeconds - cpu) / forwarded.Sent * 1e6, false),
            ]);
        }

        async Task<UdpResult> SendAsync(string subject, IPEndPoint to)
        {
            var result = await UdpLoad.SendAsync(to, receiver, PacketsPerSecond, PacketSize, pace.Stream, cancellationToken);
            add(subject,
            [
                new("UDP one way, 200 B [packets/s]", result.PacketsPerSecond, true),
                new("UDP one way, lost [%]", result.LossPercent, false),
                new("UDP one way, out of order", result.OutOfOrder, false),
            ]);
            return result;
        }
    }

    private async Task MeasureRoundTripsAsync(CancellationToken cancellationToken)
    {
        await using var echo = new EchoServers();
        var route = await scene.AddAsync(kubectl, "echo-here", echo.Tcp, cancellationToken);
        await using var relayed = await RelayForwarder.StartAsync(sidecar, scene.Kubeconfig, "udp", echo.Udp, cancellationToken);
        await using var plain = await new SidecarForwarder(sidecar).StartAsync(scene.Kubeconfig, null, [route], cancellationToken);
        using var udp = await Pings.OpenAsync(ProtocolType.Udp, new IPEndPoint(IPAddress.Loopback, relayed.Ports[0]), cancellationToken);
        using var tcp = await Pings.OpenAsync(ProtocolType.Tcp, new IPEndPoint(IPAddress.Loopback, plain.Ports[0]), cancellationToken);
        // Until all of them run compiled code.
        await udp.MeasureAsync(pace.Samples * Turns, cancellationToken);
        await tcp.MeasureAsync(pace.Samples * Turns, cancellationToken);
        for (var round = 0; round < rounds; round++)
        {
            List<double> byRelay = [], toPod = [];
            for (var turn = 0; turn < Turns; turn++)
            {
                byRelay.AddRange(await udp.MeasureAsync(pace.Samples, cancellationToken));
                toPod.AddRange(await tcp.MeasureAsync(pace.Samples, cancellationToken));
            }

            add("sidecar",
            [
                .. Figures("UDP round trip", byRelay), .. Figures("TCP round trip to a pod", toPod),
                new Figure("round trip p50: UDP ÷ TCP", Statistics.Median(byRelay) / Statistics.Median(toPod), false),
            ]);
        }

        static Figure[] Figures(string what, List<double> taken) =>
            [new($"{what} p50 [ms]", Statistics.Median(taken), false), new($"{what} p99 [ms]", Statistics.Percentile(taken, 0.99), false)];
    }
}
