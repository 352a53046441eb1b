using System.Net;
using System.Net.Sockets;

namespace Kftray.Relay;

/// <summary>A listening socket, and the connections that came through it.</summary>
internal sealed class Doorway
{
    private const int Backlog = 512;

    /// <summary>How long to wait when the system has no socket left for a connection that is waiting.</summary>
    private static readonly TimeSpan Shortage = TimeSpan.FromMilliseconds(200);

    private readonly Socket _listener;
    private readonly int _most;
    private readonly RelayContext _context;
    private readonly Func<RelaySocket, CancellationToken, Task> _serve;
    private readonly TaskSet _connections = new();
    private int _open;

    private Doorway(Socket listener, int most, RelayContext context, Func<RelaySocket, CancellationToken, Task> serve) =>
        (_listener, _most, _context, _serve) = (listener, most, context, serve);

    public EndPoint Address => _listener.LocalEndPoint!;

    /// <summary>Connections now.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <param name="address">Null: all, IPv4 and IPv6.</param>
    /// <param name="port">0: any free one.</param>
    /// <param name="most">Connections at a time; a further one is reset.</param>
    /// <param name="context">What the connections share.</param>
    /// <param name="serve">Serves one connection to its end.</param>
    /// <exception cref="SocketException">The address is not this machine's, or the port is in use.</exception>
    public static Doorway Bind(IPAddress? address, int port, int most, RelayContext context, Func<RelaySocket, CancellationToken, Task> serve)
    {
        address ??= Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
        var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Equals(IPAddress.IPv6Any))
                listener.DualMode = true;
            listener.Bind(new IPEndPoint(address, port));
            listener.Listen(Backlog);
            return new Doorway(listener, most, context, serve);
        }
        catch (SocketException)
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>Lets connections in until it is cancelled; then all of them end.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                if (await AcceptAsync(stopping) is { } client)
                    _connections.Add(ServeAsync(client, stopping));
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Told to end.
        }

        _listener.Dispose();
        await _connections.WhenEmptyAsync();
    }

    private async Task<Socket?> AcceptAsync(CancellationToken stopping)
    {
        try
        {
            return await _listener.AcceptAsync(stopping);
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
        {
            _context.Log.Report(RelayException.From(error.SocketErrorCode, _context.Target.ToString()));
            await Task.Delay(Shortage, _context.Time, stopping);
        }
        catch (SocketException)
        {
            // The client has gone while it was waiting: the next.
        }

        return null;
    }

    // Whatever happens to a connection ends here, with it.
    private async Task ServeAsync(Socket accepted, CancellationToken stopping)
    {
        try
        {
            var isOneTooMany = Interlocked.Increment(ref _open) > _most;
            using var client = RelaySocket.Of(accepted);
            if (isOneTooMany)
            {
                _context.Log.Report(RelayEvent.LimitReached, $"More than {_most} connections at a time; the newest was reset.");
                client.Abort();
                return;
            }

            await _serve(client, stopping);
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The client or the target has gone, or the relay ends.
        }
        catch (Exception defect)
        {
            _context.Log.Report(RelayEvent.Internal, $"A connection failed inside the relay: {defect.GetType().Name}.");
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }
}
