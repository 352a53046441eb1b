using System.Net;
using System.Net.Sockets;

namespace Kftray.Sidecar.FunctionalTests.Continuity;

/// <summary>
/// A stretch of network between the sidecar and an API server that can be frozen: bytes no longer arrive in either direction, nothing is reset,
/// and new connections are not answered.
/// </summary>
internal sealed class FreezablePath : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _serverPort;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;
    private volatile TaskCompletionSource _open = new();

    public FreezablePath(int serverPort)
    {
        _serverPort = serverPort;
        _open.SetResult();
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>What is on its way stays on its way for ever: a connection that exists now never carries another byte.</summary>
    public void Freeze() => _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Connections carry bytes again.</summary>
    public void Thaw() => _open.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Thaw();
        _listener.Stop();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> relays = [];
        try
        {
            while (true)
                relays.Add(RelayAsync(await _listener.AcceptSocketAsync(_stopping.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Disposed.
        }

        await Task.WhenAll(relays);
    }

    private async Task RelayAsync(Socket client)
    {
        using var owned = client;
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await _open.Task.WaitAsync(_stopping.Token);
            await server.ConnectAsync(IPAddress.Loopback, _serverPort, _stopping.Token);
            await Task.WhenAny(CopyAsync(client, server), CopyAsync(server, client));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // The server is away, or the test has ended: so does the connection.
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            int count;
            while ((count = await from.ReceiveAsync(buffer.AsMemory(), _stopping.Token)) > 0)
            {
                await _open.Task.WaitAsync(_stopping.Token);
                await to.SendAsync(buffer.AsMemory(0, count), _stopping.Token);
            }

            await _open.Task.WaitAsync(_stopping.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side has ended; the caller ends the other.
        }
    }
}
