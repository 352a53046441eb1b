using System.Buffers;
using System.Net.Sockets;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Endpoints;

/// <summary>A local client's TCP connection. Holds a buffer only while there are bytes in it.</summary>
internal sealed class TcpConnection(Socket socket) : IDuplexConnection
{
    private const int BufferSize = 64 * 1024;

    private byte[]? _buffer;
    private bool _lastReadFilled;
    private int _aborted;

    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Idle connections wait with an empty read, and so without a buffer. In the middle of a transfer the wait is saved.
            if (!_lastReadFilled)
            {
                ReturnBuffer();
                await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellationToken);
            }

            _buffer ??= ArrayPool<byte>.Shared.Rent(BufferSize);
            var count = await socket.ReceiveAsync(_buffer.AsMemory(0, BufferSize), SocketFlags.None, cancellationToken);
            _lastReadFilled = count == BufferSize;
            if (count > 0)
                return _buffer.AsMemory(0, count);

            // The reply may take its time; nothing is read any more.
            ReturnBuffer();
            return default;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new EndOfConnectionException("The client reset the connection.", e);
        }
    }

    public ReadOnlyMemory<byte> TryRead()
    {
        try
        {
            if (socket.Available == 0)
                return default;
            _buffer ??= ArrayPool<byte>.Shared.Rent(BufferSize);
            return _buffer.AsMemory(0, socket.Receive(_buffer.AsSpan(0, BufferSize)));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return default; // The next read says why.
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (bytes.Length > 0)
                bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, CancellationToken.None)..];
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new EndOfConnectionException("The client is gone.", e);
        }
    }

    public ValueTask CompleteWritesAsync()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
            return ValueTask.CompletedTask;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new EndOfConnectionException("The client is gone.", e);
        }
    }

    public void Abort()
    {
        if (Interlocked.Exchange(ref _aborted, 1) != 0)
            return;
        try
        {
            // Zero linger: the client sees a reset and does not take half a reply for a whole one.
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Already closed by the other side.
        }

        socket.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        ReturnBuffer();
        return ValueTask.CompletedTask;
    }

    private void ReturnBuffer()
    {
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
    }
}
