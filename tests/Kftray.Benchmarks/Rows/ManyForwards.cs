using System.Net;
using Kftray.Benchmarks.Forwarders;
using Kftray.Benchmarks.Harness;

namespace Kftray.Benchmarks.Rows;

/// <summary>What forwards cost that nobody uses, and whether each of them serves.</summary>
internal static class ManyForwards
{
    /// <summary>kubectl needs a process for each, so more than this of them say no more.</summary>
    public const int MostForKubectl = 10;

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(IForwarder forwarder, Scene scene, int count, CancellationToken cancellationToken)
    {
        await using var running = await forwarder.StartAsync(scene.Kubeconfig, scene.Context, [.. Enumerable.Repeat(scene.Http, count)], cancellationToken);
        var served = 0;
        foreach (var port in running.Ports)
            served += await IsServedAsync(port, cancellationToken) ? 1 : 0;
        await Task.Delay(Settling, TimeProvider.System, cancellationToken);
        var cpu = running.CpuSeconds;
        await Task.Delay(Settling, TimeProvider.System, cancellationToken);
        return
        [
            new($"{count} forwards: served [%]", 100.0 * served / count, true),
            new($"{count} forwards idle: resident memory [MiB]", running.ResidentMiB, false),
            new($"{count} forwards idle: processor [%]", (running.CpuSeconds - cpu) / Settling.TotalSeconds * 100),
        ];
    }

    private static async Task<bool> IsServedAsync(int port, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            await HttpProbe.FirstByteAsync(new IPEndPoint(IPAddress.Loopback, port), patience.Token);
            return true;
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or EndOfStreamException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }
}
