using System.Net;
using System.Net.Sockets;
using Kftray.Benchmarks.Harness;

namespace Kftray.Benchmarks.Rows;

/// <summary>Clients ask for a large reply and never read it; others come and go beside them.</summary>
internal sealed class StalledClientsRow(int clients) : IRow
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly byte[] Request = "GET /bytes/1000000000 HTTP/1.1\r\nHost: bench\r\n\r\n"u8.ToArray();

    public string Name => $"stalled-{clients}";

    public Application Application => Application.Http;

    public bool LeavesForwarderUsable => false;

    public bool MeasuresDirect => false;

    public async Task<IReadOnlyList<Figure>> MeasureAsync(Subject subject, Pace pace, CancellationToken cancellationToken)
    {
        var before = subject.Running!.ResidentMiB;
        List<Socket> stalled = [];
        try
        {
            for (var i = 0; i < clients; i++)
                stalled.Add(await StallAsync(subject.Address, cancellationToken));

            // Until their replies fill every buffer on the way; nothing tells when that is.
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancellationToken);
            var (served, times, asked) = (0, new List<double>(), 0);
            for (var failures = 0; asked < pace.Samples && failures < 3; asked++)
            {
                if (await TryAsync(subject.Address, cancellationToken) is not { } time)
                {
                    failures++;
                    continue;
                }

                served++;
                times.Add(time.TotalMilliseconds);
            }

            return
            [
                new($"{clients} clients do not read: others served [%]", 100.0 * served / asked, true),
                new($"{clients} clients do not read: p99 of the others [ms]", Statistics.Percentile(times, 0.99), false),
                new($"{clients} clients do not read: memory added [MiB]", subject.Running.ResidentMiB - before),
            ];
        }
        finally
        {
            stalled.ForEach(socket => socket.Dispose());
        }
    }

    private static async Task<Socket> StallAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 16 * 1024 };
        await socket.ConnectAsync(address, cancellationToken);
        await socket.SendAsync(Request, cancellationToken);
        return socket;
    }

    private static async Task<TimeSpan?> TryAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            return await HttpProbe.FirstByteAsync(address, patience.Token);
        }
        catch (Exception e) when (e is SocketException or EndOfStreamException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}
