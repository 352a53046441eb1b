using System.Net.Sockets;

namespace Kftray.Relay;

/// <summary>Sockets as the relay uses them: non-blocking, tried first and waited for only when the system has nothing or no room.</summary>
internal static class SocketExtensions
{
    private const int KeepAliveSeconds = 30;

    /// <summary>Prepares a connection. Keep-alive finds a peer whose node is gone, which would otherwise hold its flow for ever.</summary>
    public static Socket Tuned(this Socket connection)
    {
        connection.Blocking = false;
        connection.NoDelay = true;
        connection.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        connection.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
        connection.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveSeconds / 3);
        connection.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
        return connection;
    }

    /// <summary>Waits, without a buffer, until a connection has bytes, or its end.</summary>
    public static ValueTask<int> WaitReadableAsync(this Socket connection, CancellationToken waiting) =>
        connection.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, waiting);

    /// <summary>
    /// Waits, without a buffer, until there is a datagram, or an error: that of an earlier one, or <see cref="SocketError.OperationAborted"/> when the
    /// socket was disposed.
    /// </summary>
    public static async ValueTask<SocketError> WaitDatagramAsync(this Socket socket, CancellationToken waiting)
    {
        try
        {
            // Only looked at: without the flag the datagram would be gone.
            await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.Peek, waiting);
            return SocketError.Success;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode;
        }
        catch (ObjectDisposedException)
        {
            return SocketError.OperationAborted;
        }
    }

    /// <summary>Takes what is there. <see cref="SocketError.WouldBlock"/>: nothing; <see cref="SocketError.OperationAborted"/>: disposed.</summary>
    public static SocketError TryReceive(this Socket socket, Span<byte> destination, out int count)
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

    /// <summary>Sends a datagram if there is room. <see cref="SocketError.OperationAborted"/>: disposed.</summary>
    public static SocketError TrySend(this Socket socket, ReadOnlySpan<byte> datagram)
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

    /// <summary>Sends all of it. Not to be cancelled: half a frame is worse than none.</summary>
    public static async ValueTask SendAllAsync(this Socket connection, ReadOnlyMemory<byte> data)
    {
        while (!data.IsEmpty)
            data = data[await connection.SendAsync(data, SocketFlags.None, CancellationToken.None)..];
    }

    /// <summary>Closes with a reset, so that the peer does not take what it got for all there was.</summary>
    public static void Abort(this Socket connection)
    {
        try
        {
            connection.LingerState = new LingerOption(true, 0);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Closed already.
        }

        connection.Dispose();
    }

    /// <summary>
    /// Says the end and takes, for at most <paramref name="limit"/>, what still comes. To close while there are unread bytes would be a reset, which
    /// may overtake what was sent last.
    /// </summary>
    public static async Task CloseGentlyAsync(this Socket connection, TimeSpan limit, TimeProvider time, CancellationToken stopping)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping);
        var rest = new byte[4096];
        try
        {
            connection.Shutdown(SocketShutdown.Send);
            while (await connection.ReceiveAsync(rest, SocketFlags.None, waiting.Token) > 0)
            {
                // What comes after a refusal is nobody's.
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The peer was quicker, or has had its time.
        }

        connection.Dispose();
    }
}
