using System.Buffers;
using System.Net.Sockets;
using System.Text;
using Kftray.Testing.Pods;

namespace Kftray.Testing.PortForward;

/// <summary>
/// One forwarded connection: an error stream and a data stream with the same request id, relayed to a socket of the pod by the rules of
/// the runtime (containerd: internal/cri/server/sandbox_portforward_linux.go).
/// </summary>
internal sealed class StreamPair(SpdySession session, TestPod pod, RuntimeCharacter runtime, TimeProvider time, string requestId, int port)
{
    // The size of io.Copy, which is what clients get from a real server.
    private const int ChunkSize = 32 * 1024;

    private static readonly TimeSpan PairTimeout = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Socket?> _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Exception?> _clientEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _dropsInput;
    private volatile bool _wasReset;

    public string RequestId => requestId;

    public uint? ErrorId { get; private set; }

    public uint? DataId { get; private set; }

    /// <summary>Takes a stream of this type; false when it has one.</summary>
    public bool TryAdd(string type, uint id, out bool isFirst)
    {
        lock (_gate)
        {
            isFirst = ErrorId is null && DataId is null;
            if (type == "error" && ErrorId is null) ErrorId = id;
            else if (type == "data" && DataId is null) DataId = id;
            else return false;
            return true;
        }
    }

    public void CompleteIfBoth()
    {
        lock (_gate)
        {
            if (ErrorId is not null && DataId is not null) _complete.TrySetResult();
        }
    }

    /// <summary>Hands bytes to the application; returns when its kernel has taken them.</summary>
    public async ValueTask DeliverAsync(ReadOnlyMemory<byte> payload)
    {
        if (await _connected.Task is not { } socket || _dropsInput) return;
        try
        {
            while (payload.Length > 0) payload = payload[await socket.SendAsync(payload)..];
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _dropsInput = true;
            _clientEnded.TrySetResult(e);
        }
    }

    public void ClientFinished() => _clientEnded.TrySetResult(null);

    public void ClientReset()
    {
        _wasReset = true;
        _clientEnded.TrySetResult(null);
    }

    /// <summary>The session is over: an end of both streams.</summary>
    public void ClientGone()
    {
        ClientReset();
        _complete.TrySetCanceled();
    }

    public async Task RunAsync()
    {
        try
        {
            await _complete.Task.WaitAsync(PairTimeout, time);
            var error = await RelayAsync();
            if (_wasReset) await EndErrorStreamAsync(null);
            else await EndAsync(error);
        }
        catch (TimeoutException)
        {
            foreach (var id in new[] { ErrorId, DataId }.OfType<uint>()) await session.WriteResetAsync(id, SpdyFrame.Cancel);
        }
        catch (OperationCanceledException)
        {
            // The session ended before the second stream came.
        }
        finally
        {
            _connected.TrySetResult(null);
            session.Forget(this);
        }
    }

    /// <returns>The sentence for the error stream; null after a clean end.</returns>
    private async Task<string?> RelayAsync()
    {
        if (pod.IsRemoved) return RuntimeErrors.SandboxNotFound(pod, port);
        Socket socket;
        try
        {
            socket = await pod.DialAsync(port, CancellationToken.None);
        }
        catch (SocketException)
        {
            return RuntimeErrors.ConnectionRefused(pod, port);
        }

        _connected.TrySetResult(socket);
        var toClient = PumpToClientAsync(socket);
        var error = runtime == RuntimeCharacter.Containerd ? await CutAfterEitherAsync(socket, toClient) : await HalfCloseAsync(socket, toClient);
        _dropsInput = true;
        socket.Dispose();
        await toClient;
        return error is null ? null : RuntimeErrors.Broken(pod, port, error);
    }

    private async Task<Exception?> CutAfterEitherAsync(Socket socket, Task<Exception?> toClient)
    {
        var toPod = _clientEnded.Task;
        var first = await Task.WhenAny(toClient, toPod);
        var second = first == toClient ? toPod : toClient;
        using var enough = new CancellationTokenSource();
        await Task.WhenAny(second, Task.Delay(TimeSpan.FromSeconds(1), time, enough.Token));
        await enough.CancelAsync();
        // Closing under a pending read would be a reset; the runtime's is an ordinary close.
        Shutdown(socket, SocketShutdown.Both);
        return await first ?? (second.IsCompleted ? await second : null);
    }

    private async Task<Exception?> HalfCloseAsync(Socket socket, Task<Exception?> toClient)
    {
        var toPod = _clientEnded.Task;
        if (await Task.WhenAny(toClient, toPod) == toPod)
        {
            var failure = await toPod;
            // A client that has gone altogether takes no reply: the socket ends in both directions.
            Shutdown(socket, _wasReset ? SocketShutdown.Both : SocketShutdown.Send);
            return await toClient ?? failure;
        }

        var error = await toClient;
        if (error is null && !_wasReset) await WriteAsync(DataId!.Value, [], SpdyFrame.FlagFin);
        return error ?? await toPod;
    }

    private async Task<Exception?> PumpToClientAsync(Socket socket)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(SpdyFrame.HeaderLength + ChunkSize);
        try
        {
            while (!_wasReset)
            {
                var count = await socket.ReceiveAsync(buffer.AsMemory(SpdyFrame.HeaderLength, ChunkSize));
                if (count == 0 || !await session.WriteDataAsync(DataId!.Value, buffer, count, flags: 0)) break;
            }

            return null;
        }
        catch (SocketException e)
        {
            return _dropsInput ? null : e;
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // Data first: the client waits for the error stream before it decides how its own connection ends.
    private async Task EndAsync(string? error)
    {
        await WriteAsync(DataId!.Value, [], SpdyFrame.FlagFin);
        await EndErrorStreamAsync(error);
    }

    private async Task EndErrorStreamAsync(string? error)
    {
        if (error is null)
        {
            await WriteAsync(ErrorId!.Value, [], SpdyFrame.FlagFin);
            return;
        }

        await WriteAsync(ErrorId!.Value, Encoding.UTF8.GetBytes(error), 0);
        await session.WriteResetAsync(ErrorId.Value, SpdyFrame.Cancel);
    }

    private Task<bool> WriteAsync(uint id, byte[] payload, byte flags)
    {
        var frame = new byte[SpdyFrame.HeaderLength + payload.Length];
        payload.CopyTo(frame, SpdyFrame.HeaderLength);
        return session.WriteDataAsync(id, frame, payload.Length, flags);
    }

    private static void Shutdown(Socket socket, SocketShutdown how)
    {
        try
        {
            socket.Shutdown(how);
        }
        catch (SocketException)
        {
            // The application was quicker.
        }
    }
}
