using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Kftray.Testing.Network;

/// <summary>A TCP port of a service: every connection is piped to an endpoint.</summary>
internal sealed class TcpServicePort : IServicePort
{
    private const int BufferSize = 64 * 1024;

    private readonly Socket _socket;
    private readonly Func<ServiceEndpoint, bool, IPEndPoint?> _locate;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Socket, Task> _piping = new();
    private readonly Task _accepting;
    private volatile IReadOnlyList<ServiceEndpoint> _endpoints = [];

    /// <param name="socket">Bound; owned from now on.</param>
    public TcpServicePort(Socket socket, Func<ServiceEndpoint, bool, IPEndPoint?> locate)
    {
        (_socket, _locate) = (socket, locate);
        _socket.Listen(512);
        _accepting = AcceptAsync();
    }

    public required IReadOnlyList<ServiceEndpoint> Endpoints
    {
        get => _endpoints;
        set => _endpoints = value;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _socket.Dispose();
        await _accepting;
        foreach (var client in _piping.Keys) client.Dispose();
        await Task.WhenAll(_piping.Values);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        await Task.Yield();
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var client = await _socket.AcceptAsync(_stopping.Token);
                var piping = PipeAsync(client);
                _piping[client] = piping;
                // It may have ended before it was entered.
                if (piping.IsCompleted) _piping.TryRemove(client, out _);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // Either the end, which the loop's head sees, or a client that was reset in the backlog.
            }
        }
    }

    private async Task PipeAsync(Socket client)
    {
        await Task.Yield();
        var endpoints = _endpoints;
        using var target = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            client.NoDelay = true;
            var place = _locate(endpoints[Random.Shared.Next(endpoints.Count)], false) ?? throw new SocketException((int)SocketError.ConnectionRefused);
            await target.ConnectAsync(place, _stopping.Token);
            await Task.WhenAll(CopyAsync(client, target), CopyAsync(target, client));
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // kube-proxy only rewrites addresses: what one end sees, the other sees, too.
            client.Close(0);
            target.Close(0);
        }
        finally
        {
            client.Dispose();
            _piping.TryRemove(client, out _);
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int count;
            while ((count = await from.ReceiveAsync(buffer.AsMemory(0, BufferSize), _stopping.Token)) > 0)
            {
                for (var sent = 0; sent < count;) sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _stopping.Token);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Wakes the other direction, which would otherwise wait for a peer that has gone.
            from.Close(0);
            to.Close(0);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
