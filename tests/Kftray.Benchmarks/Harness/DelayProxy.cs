using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Kftray.Benchmarks.Harness;

/// <summary>
/// A link of a given round trip in front of a server: every byte arrives half a round trip late in each direction, in order, and as
/// many may be under way as fit into memory. Opening a connection costs its round trip too, as the first byte cannot be answered earlier.
/// </summary>
internal sealed class DelayProxy : IAsyncDisposable
{
    private readonly IPEndPoint _server;
    private readonly TimeSpan _oneWay;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;

    public DelayProxy(IPEndPoint server, TimeSpan roundTrip)
    {
        _server = server;
        _oneWay = roundTrip / 2;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
                connections.Add(RelayAsync(await _listener.AcceptAsync(_stopping.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task RelayAsync(Socket client)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            try
            {
                await server.ConnectAsync(_server, _stopping.Token);
                await Task.WhenAll(LateAsync(client, server), LateAsync(server, client));
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // One side is gone, and so goes the other.
            }
        }
    }

    private async Task LateAsync(Socket from, Socket to)
    {
        var underWay = Channel.CreateUnbounded<(long Due, byte[] Bytes)>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        var sending = SendLateAsync(underWay.Reader, to);
        var buffer = new byte[128 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, _stopping.Token) is > 0 and var count)
                await underWay.Writer.WriteAsync((TimeProvider.System.GetTimestamp(), buffer[..count]), _stopping.Token);
        }
        finally
        {
            underWay.Writer.Complete();
            await sending;
        }
    }

    private async Task SendLateAsync(ChannelReader<(long Received, byte[] Bytes)> underWay, Socket to)
    {
        await foreach (var (received, bytes) in underWay.ReadAllAsync(_stopping.Token))
        {
            var left = _oneWay - TimeProvider.System.GetElapsedTime(received);
            if (left > TimeSpan.Zero)
                await Task.Delay(left, TimeProvider.System, _stopping.Token);
            for (var rest = bytes.AsMemory(); rest.Length > 0;)
                rest = rest[await to.SendAsync(rest, _stopping.Token)..];
        }

        to.Shutdown(SocketShutdown.Send);
    }
}
