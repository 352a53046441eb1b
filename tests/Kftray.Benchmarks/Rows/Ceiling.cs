using System.Globalization;
using System.Text;
using Kftray.Benchmarks.Harness;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.PortForward;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kftray.Benchmarks.Rows;

/// <summary>
/// What the server gives at most: the sidecar's own streams without a local socket, read by this program. A forwarder cannot be faster
/// for long; where it comes close, the rest of the time is the API server's and the node's.
/// </summary>
internal static class Ceiling
{
    private static readonly TimeSpan NoGrace = TimeSpan.Zero;

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(string kubeconfig, Pace pace, CancellationToken cancellationToken)
    {
        await using var clusters = ClusterRegistry.Create(
            HostEnvironment.FromProcess(),
            server => new PodDialer(server, new SessionLimits(), TimeProvider.System, NullLoggerFactory.Instance), TimeProvider.System, NullLoggerFactory.Instance);
        var (cluster, _) = clusters.Open(clusters.WatchKubeconfig(kubeconfig), context: null);
        var pod = new PodTarget("bench", "http", "", 8080, cluster.Dialer);
        await using var warm = await cluster.Dialer.WarmAsync(pod, cancellationToken);
        return [await ShortAsync(pod, pace, cancellationToken), await DownloadAsync(pod, pace, cancellationToken)];
    }

    private static async Task<Figure> ShortAsync(PodTarget pod, Pace pace, CancellationToken cancellationToken)
    {
        var request = "GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"u8.ToArray();
        var began = TimeProvider.System.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var count = 0;
            for (; TimeProvider.System.GetElapsedTime(began) < pace.Load; count++)
                await ExchangeAsync(pod, request, isWhole: bytes => bytes > 0, cancellationToken);
            return count;
        }, cancellationToken)));
        return new Figure("short connections/s, 8 at a time", counts.Sum() / TimeProvider.System.GetElapsedTime(began).TotalSeconds, true);
    }

    private static async Task<Figure> DownloadAsync(PodTarget pod, Pace pace, CancellationToken cancellationToken)
    {
        var size = 100_000_000L * pace.Seconds;
        var request = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"GET /bytes/{size} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"));
        var began = TimeProvider.System.GetTimestamp();
        await ExchangeAsync(pod, request, isWhole: bytes => bytes >= size, cancellationToken);
        return new Figure("download [MB/s]", size / 1e6 / TimeProvider.System.GetElapsedTime(began).TotalSeconds, true);
    }

    private static async Task ExchangeAsync(PodTarget pod, byte[] request, Func<long, bool> isWhole, CancellationToken cancellationToken)
    {
        await using var stream = await pod.Dialer.DialAsync(pod, request, NoGrace, cancellationToken);
        for (var received = 0L; !isWhole(received);)
        {
            var bytes = await stream.ReadAsync(cancellationToken);
            received += bytes.IsEmpty ? throw new EndOfStreamException("The pod ended early.") : bytes.Length;
        }

        await stream.CompleteWritesAsync();
    }
}
