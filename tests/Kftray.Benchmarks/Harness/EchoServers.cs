using System.Net;
using System.Net.Sockets;

namespace Kftray.Benchmarks.Harness;

/// <summary>Sends back what it gets, datagrams and the bytes of a connection, in this process: what the two ways to it take is compared, not the servers.</summary>
internal sealed class EchoServers : IAsyncDisposable
{
    private readonly Socket _datagrams = UdpLoad.Open();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _serving;

    public EchoServers()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _serving = Task.WhenAll(UntilStopped(EchoDatagramsAsync(_stopping.Token)), UntilStopped(EchoConnectionsAsync(_stopping.Token)));
    }

    public IPEndPoint Udp => (IPEndPoint)_datagrams.LocalEndPoint!;

    public IPEndPoint Tcp => (IPEndPoint)_listener.LocalEndPoint!;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _serving;
        _datagrams.Dispose();
        _listener.Dispose();
        _stopping.Dispose();
    }

    private async Task EchoDatagramsAsync(CancellationToken stopping)
    {
        var buffer = new byte[65536];
        var peer = new SocketAddress(AddressFamily.InterNetwork);
        while (true)
        {
            var count = await _datagrams.ReceiveFromAsync(buffer, SocketFlags.None, peer, stopping);
            await _datagrams.SendToAsync(buffer.AsMemory(0, count), SocketFlags.None, peer, stopping);
        }
    }

    /// <summary>One after the other: whoever looks whether somebody is there closes again.</summary>
    private async Task EchoConnectionsAsync(CancellationToken stopping)
    {
        var buffer = new byte[65536];
        while (true)
        {
            using var connection = await _listener.AcceptAsync(stopping);
            connection.NoDelay = true;
            while (await connection.ReceiveAsync(buffer, SocketFlags.None, stopping) is > 0 and var count)
                await connection.SendAsync(buffer.AsMemory(0, count), SocketFlags.None, stopping);
        }
    }

    private async Task UntilStopped(Task serving)
    {
        try
        {
            await serving;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The end of the measurement.
        }
    }
}
