using System.Net;
using System.Net.Sockets;

namespace Kftray.Relay;

/// <summary>
/// A connected socket as the relay uses it: non-blocking, tried first, and waited for only when the system has nothing or no room. One reads and one
/// writes at a time.
/// </summary>
internal abstract class RelaySocket(Socket socket) : IDisposable
{
    private const int KeepAliveSeconds = 30;

    public SafeSocketHandle Handle => socket.SafeHandle;

    /// <summary>Where datagrams go. Null for a connection that <see cref="ConnectAsync"/> opened on Linux: .NET does not know of it.</summary>
    public EndPoint? RemoteEndPoint => socket.RemoteEndPoint;

    /// <summary>The connection has failed, which is told once: here, or to the next who sends or receives.</summary>
    /// <exception cref="ObjectDisposedException">It has ended.</exception>
    public bool HasFailed => (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! != 0;

    /// <summary>It carries bytes, not datagrams.</summary>
    protected bool IsStream { get; } = socket.SocketType == SocketType.Stream;

    protected Socket Socket => socket;

    /// <summary>Takes over a connected socket that nobody has waited for yet.</summary>
    /// <exception cref="SocketException">The system has no room for one more.</exception>
    public static RelaySocket Of(Socket socket)
    {
        try
        {
            socket.Blocking = false;
            if (socket.SocketType == SocketType.Stream)
                Tune(socket);
            return OperatingSystem.IsLinux() ? new PolledSocket(socket, Poller.Shared) : new EngineSocket(socket);
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A connection to that address.</summary>
    /// <exception cref="SocketException">There is none to be had.</exception>
    public static async Task<RelaySocket> ConnectAsync(IPAddress address, int port, CancellationToken connecting)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (OperatingSystem.IsLinux())
                return await PolledSocket.ConnectAsync(socket, new IPEndPoint(address, port), connecting);
            await socket.ConnectAsync(address, port, connecting);
            return Of(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Waits until <see cref="TryReceive"/> may have something to say: bytes, the end, an error, that the socket was disposed. May come too early, and
    /// tells no error itself. Ended by the socket's disposal: a token would be registered for each wait.
    /// </summary>
    public abstract ValueTask WaitReadableAsync();

    /// <summary>The same, for waits that have a limit of their own.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public abstract ValueTask WaitReadableUntilAsync(CancellationToken cancelled);

    /// <summary>Sends all of it. Not to be cancelled: half a frame is worse than none.</summary>
    /// <exception cref="SocketException">The connection has failed.</exception>
    /// <exception cref="ObjectDisposedException">It has ended.</exception>
    public abstract ValueTask SendAllAsync(ReadOnlyMemory<byte> data);

    /// <summary>Sends a datagram when there is room. Otherwise as <see cref="TrySend"/>.</summary>
    public abstract ValueTask<SocketError> SendWhenThereIsRoomAsync(ReadOnlyMemory<byte> datagram);

    /// <summary>Takes what is there. <see cref="SocketError.WouldBlock"/>: nothing; <see cref="SocketError.OperationAborted"/>: disposed.</summary>
    public virtual SocketError TryReceive(Span<byte> destination, out int count)
    {
        try
        {
            count = socket.Receive(destination, SocketFlags.None, out var error);
            return error;
        }
        catch (ObjectDisposedException)
        {
            count = 0;
            return SocketError.OperationAborted;
        }
    }

    /// <summary>
    /// Sends a datagram if there is room: <see cref="SocketError.WouldBlock"/> if not. <see cref="SocketError.OperationAborted"/>: disposed. Not for
    /// streams: how much of the bytes went would not be known.
    /// </summary>
    public SocketError TrySend(ReadOnlySpan<byte> datagram)
    {
        try
        {
            socket.Send(datagram, SocketFlags.None, out var error);
            return error;
        }
        catch (ObjectDisposedException)
        {
            return SocketError.OperationAborted;
        }
    }

    /// <returns>How much came; 0 at the end.</returns>
    /// <exception cref="SocketException">The connection has failed, or has been disposed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, with nothing taken.</exception>
    public async ValueTask<int> ReceiveAsync(Memory<byte> destination, CancellationToken receiving)
    {
        while (true)
        {
            var error = TryReceive(destination.Span, out var count);
            if (error == SocketError.Success)
                return count;
            if (error != SocketError.WouldBlock)
                throw new SocketException((int)error);
            await WaitReadableUntilAsync(receiving);
        }
    }

    /// <summary>Says the end: the half-close.</summary>
    /// <exception cref="SocketException">The system does not take it.</exception>
    /// <exception cref="ObjectDisposedException">It has ended.</exception>
    public void EndSending()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.NotConnected)
        {
            // The peer has ended it all: who receives is told so.
        }
    }

    /// <summary>Closes with a reset, so that the peer does not take what it got for all there was.</summary>
    public void Abort()
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Closed already.
        }

        Dispose();
    }

    /// <summary>
    /// Says the end and takes, for at most <paramref name="limit"/>, what still comes. To close while there are unread bytes would be a reset, which
    /// may overtake what was sent last.
    /// </summary>
    public async Task CloseGentlyAsync(TimeSpan limit, TimeProvider time, CancellationToken stopping)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping);
        var rest = new byte[4096];
        try
        {
            EndSending();
            while (await ReceiveAsync(rest, waiting.Token) > 0)
            {
                // What comes after a refusal is nobody's.
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The peer was quicker, or has had its time.
        }

        Dispose();
    }

    /// <summary>Closes it. Who waits goes on, elsewhere.</summary>
    public virtual void Dispose() => socket.Dispose();

    // Keep-alive finds a peer whose node is gone, which would otherwise hold its flow for ever.
    private static void Tune(Socket connection)
    {
        connection.NoDelay = true;
        connection.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        connection.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
        connection.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveSeconds / 3);
        connection.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
    }
}
