using System.Net;
using System.Net.Sockets;
using Kftray.Benchmarks.Harness;

namespace Kftray.Benchmarks.Rows;

/// <summary>Connections that are open at the same time, each with a message there and back.</summary>
internal sealed class ConcurrencyRow(int connections) : IRow
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public string Name => $"concurrent-{connections}";

    public Application Application => Application.Echo;

    public bool LeavesForwarderUsable => false;

    public bool MeasuresDirect => false;

    public async Task<IReadOnlyList<Figure>> MeasureAsync(Subject subject, Pace pace, CancellationToken cancellationToken)
    {
        var (cpu, memory) = (subject.Running!.CpuSeconds, subject.Running.ResidentMiB);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        var sockets = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => EchoAsync(subject.Address, patience.Token)));
        try
        {
            var served = sockets.Count(socket => socket is not null);
            return
            [
                new($"{connections} connections at once: served [%]", 100.0 * served / connections, true),
                new($"{connections} connections at once: CPU ms each", (subject.Running.CpuSeconds - cpu) * 1000 / connections, false),
                new($"{connections} connections at once: KiB each", (subject.Running.ResidentMiB - memory) * 1024 / connections),
            ];
        }
        finally
        {
            foreach (var socket in sockets)
                socket?.Dispose();
        }
    }

    private static async Task<Socket?> EchoAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, cancellationToken);
            await socket.SendAsync("hello"u8.ToArray(), cancellationToken);
            for (var (left, buffer) = (5, new byte[5]); left > 0;)
            {
                var count = await socket.ReceiveAsync(buffer, cancellationToken);
                left = count == 0 ? throw new SocketException((int)SocketError.ConnectionReset) : left - count;
            }

            return socket;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            return null;
        }
    }
}
