using System.Net.Sockets;

namespace Kftray.Testing.Pods;

/// <summary>A connection into an application, as the application sees it: when its client ended, whether it was reset, how much came.</summary>
public sealed class PodConnection
{
    private readonly Socket _socket;
    private readonly TaskCompletionSource _clientEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _bytesReceived;
    private long _bytesSent;
    private volatile bool _wasReset;

    internal PodConnection(Socket socket, string podName, int containerPort)
    {
        (_socket, PodName, ContainerPort) = (socket, podName, containerPort);
        socket.NoDelay = true;
    }

    public string PodName { get; }

    public int ContainerPort { get; }

    /// <summary>Completes when the application has read the client's end, be it a FIN or a reset.</summary>
    public Task ClientEnded => _clientEnded.Task;

    /// <summary>Completes when the application is done with it and the socket is closed.</summary>
    public Task Closed => _closed.Task;

    /// <summary>True when the client's end was a reset.</summary>
    public bool WasReset => _wasReset;

    public long BytesReceived => Interlocked.Read(ref _bytesReceived);

    public long BytesSent => Interlocked.Read(ref _bytesSent);

    /// <summary>The bytes read, 0 at the client's end, however it ended.</summary>
    public async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            var count = await _socket.ReceiveAsync(buffer, cancellationToken);
            if (count == 0) _clientEnded.TrySetResult();
            Interlocked.Add(ref _bytesReceived, count);
            return count;
        }
        catch (SocketException)
        {
            _wasReset = true;
            _clientEnded.TrySetResult();
            return 0;
        }
    }

    /// <exception cref="SocketException">The client has gone.</exception>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            var count = await _socket.SendAsync(bytes, cancellationToken);
            Interlocked.Add(ref _bytesSent, count);
            bytes = bytes[count..];
        }
    }

    /// <summary>Ends the application's side and goes on reading.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Ends with a reset.</summary>
    public void Reset() => _socket.Close(0);

    /// <summary>The application's process is gone: the kernel closes for it.</summary>
    internal void Kill(bool byReset)
    {
        if (byReset)
        {
            Reset();
            return;
        }

        try
        {
            // Before the close: closing under a pending read would be a reset.
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It ended by itself at the same time.
        }

        _socket.Dispose();
    }

    internal void Close()
    {
        _socket.Dispose();
        _clientEnded.TrySetResult();
        _closed.TrySetResult();
    }
}
