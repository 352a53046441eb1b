using System.Net;
using System.Net.Sockets;
using Kftray.Benchmarks.Harness;

namespace Kftray.Benchmarks.Rows;

/// <summary>
/// Connections that are open at the same time, each with a message there and back. Memory is that of the first time; processor time is
/// measured over as many repetitions as its coarse clock needs.
/// </summary>
internal sealed class ConcurrencyRow(int connections) : IRow
{
    private const int LeastConnections = 1000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public string Name => $"concurrent-{connections}";

    public Application Application => Application.Echo;

    public bool LeavesForwarderUsable => false;

    public bool MeasuresDirect => false;

    public async Task<IReadOnlyList<Figure>> MeasureAsync(Subject subject, Pace pace, CancellationToken cancellationToken)
    {
        var before = subject.Running!.ResidentMiB;
        var served = await OpenAllAsync(subject.Address, cancellationToken);
        var memory = subject.Running.ResidentMiB - before;

        var repetitions = Math.Max(1, LeastConnections / connections);
        var cpu = subject.Running.CpuSeconds;
        for (var i = 0; i < repetitions; i++)
            served += await OpenAllAsync(subject.Address, cancellationToken);
        cpu = subject.Running.CpuSeconds - cpu;
        return
        [
            new($"{connections} connections at once: served [%]", 100.0 * served / connections / (repetitions + 1), true),
            new($"{connections} connections at once: CPU ms each", cpu * 1000 / connections / repetitions, false),
            new($"{connections} connections at once: memory added [MiB]", memory),
        ];
    }

    /// <returns>How many were served.</returns>
    private async Task<int> OpenAllAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        var sockets = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => EchoAsync(address, patience.Token)));
        foreach (var socket in sockets)
            socket?.Dispose();
        return sockets.Count(socket => socket is not null);
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
