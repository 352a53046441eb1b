using System.Net;
using Kftray.Benchmarks.Forwarders;
using Kftray.Benchmarks.Harness;
using Kftray.Benchmarks.Rows;

namespace Kftray.Benchmarks;

/// <summary>Mixed load for minutes: whether memory is at the end what it was after the first minute.</summary>
internal static class SoakRun
{
    private static readonly IRow[] Mix =
    [
        new WrkRow("short", connections: 8, keepAlive: false), new WrkRow("kept", connections: 16, keepAlive: true), new DownloadRow(),
        new ConcurrencyRow(100), new StalledClientsRow(10),
    ];

    public static async Task<int> RunAsync(SidecarForwarder sidecar, Scene scene, TimeSpan length, Action<string> say, CancellationToken cancellationToken)
    {
        var pace = new Pace(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5), 50);
        await using var running = await sidecar.StartAsync(scene.Kubeconfig, scene.Context, [scene.Http, scene.Echo ?? scene.Http], cancellationToken);
        var began = TimeProvider.System.GetTimestamp();
        double? afterFirstMinute = null;
        while (TimeProvider.System.GetElapsedTime(began) < length)
        {
            foreach (var row in Mix)
            {
                var port = running.Ports[row.Application == Application.Http ? 0 : 1];
                await row.MeasureAsync(new Subject(sidecar.Name, new IPEndPoint(IPAddress.Loopback, port), running), pace, cancellationToken);
            }

            var elapsed = TimeProvider.System.GetElapsedTime(began);
            say($"{elapsed.TotalSeconds,5:0} s  {running.ResidentMiB:0.0} MiB");
            if (elapsed >= TimeSpan.FromMinutes(1))
                afterFirstMinute ??= running.ResidentMiB;
        }

        say($"after one minute {afterFirstMinute:0.0} MiB, after {length.TotalMinutes:0} minutes {running.ResidentMiB:0.0} MiB: {running.ResidentMiB / afterFirstMinute:0.00} ×");
        return running.ResidentMiB <= afterFirstMinute * 1.2 ? 0 : 1;
    }
}
