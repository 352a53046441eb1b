using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.PortForward.Channels;

/// <summary>
/// One forwarded connection in a WebSocket of its own. Channel 0 carries the data, channel 1 the sentence that says what went wrong; the
/// first two bytes on each repeat the port. Source: kubelet's websocket handler, pkg/kubelet/.../portforward/websocket.go.
/// </summary>
internal sealed class ChannelsStream(ChannelsSession session, WebSocket socket) : IPodStream
{
    private const byte DataChannel = 0;
    private const byte ErrorChannel = 1;

    // The server takes each frame for a message, so a message is sent in one; this is what one write of ours carries at most.
    private const int MaxMessage = 64 * 1024;

    // After the client's end nothing says whether it still listens. A pod that has nothing to say for so long will not answer it any more.
    private static readonly TimeSpan ReplyPatience = TimeSpan.FromHours(1);

    private readonly ChannelReader _reader = new(socket);
    private readonly CancellationTokenSource _lost = new();
    private readonly Lock _lock = new();
    private readonly List<byte> _errorText = [];

    // Guarded by _lock.
    private PodStreamFailure? _failure;
    private bool _closed;
    private ITimer? _patience;

    private volatile bool _podEnded;
    private volatile bool _wroteBytes;
    private volatile bool _gotBytes;

    public PodStreamFailure? Failure
    {
        get
        {
            lock (_lock)
                return _failure;
        }
    }

    public CancellationToken Lost => _lost.Token;

    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        while (!_podEnded)
        {
            ChannelBytes received;
            try
            {
                received = await _reader.ReadAsync(cancellationToken);
            }
            catch (Exception e) when (IsEnd(e, cancellationToken))
            {
                throw Fails(Judge() ?? Broken(), e);
            }

            session.OnReceived();
            if (received.IsEnd)
            {
                if (Judge() is { } failure)
                    throw Fails(failure);
                _podEnded = true;
                break;
            }

            if (received.Channel == ErrorChannel)
                OnErrorText(received.Bytes.Span);
            else if (received.Channel == DataChannel && !received.Bytes.IsEmpty)
                return OnData(received.Bytes);
        }

        return ReadOnlyMemory<byte>.Empty;
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        _wroteBytes = true;
        var message = ArrayPool<byte>.Shared.Rent(1 + Math.Min(bytes.Length, MaxMessage));
        try
        {
            // What is sent after the pod's end is lost, as on any connection.
            while (bytes.Length > 0 && !_podEnded)
            {
                ThrowIfClosed();
                var part = bytes[..Math.Min(bytes.Length, MaxMessage)];
                bytes = bytes[part.Length..];
                message[0] = DataChannel;
                part.CopyTo(message.AsMemory(1));
                session.OnSent();
                await socket.SendAsync(message.AsMemory(0, part.Length + 1), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
            }
        }
        catch (Exception e) when (IsEnd(e, CancellationToken.None))
        {
            // The reader will see why, and what the pod had said before.
            ThrowIfClosed();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(message);
        }
    }

    /// <summary>Cannot be said here: the connection stays open for the rest of the pod's reply.</summary>
    public ValueTask CompleteWritesAsync()
    {
        session.OnHalfClose();
        lock (_lock)
        {
            if (!_closed && _patience is null)
                _patience = session.Time.CreateTimer(static self => ((ChannelsStream)self!).Abort(), this, ReplyPatience, Timeout.InfiniteTimeSpan);
        }

        return ValueTask.CompletedTask;
    }

    public void Abort()
    {
        lock (_lock)
        {
            _closed = true;
            _patience?.Dispose();
        }

        session.Remove(this);
        socket.Abort();
    }

    /// <summary>The node is out of reach, or the session is closed.</summary>
    public void OnSessionLost(Fault fault)
    {
        lock (_lock)
            _failure ??= new PodStreamFailure(fault, ApplicationGotNothing: !_wroteBytes && !_gotBytes);
        Abort();
        if (Failure is { ApplicationGotNothing: false })
            _lost.Cancel();
    }

    public ValueTask DisposeAsync()
    {
        Abort();
        socket.Dispose();
        _reader.Dispose();
        return ValueTask.CompletedTask;
    }

    private ReadOnlyMemory<byte> OnData(ReadOnlyMemory<byte> bytes)
    {
        _gotBytes = true;
        lock (_lock)
            _patience?.Change(ReplyPatience, Timeout.InfiniteTimeSpan);
        return bytes;
    }

    private void OnErrorText(ReadOnlySpan<byte> bytes)
    {
        var room = Math.Min(bytes.Length, PodStreamFaults.MaxErrorText - _errorText.Count);
        _errorText.AddRange(bytes[..room]);
    }

    private PodStreamFailure? Judge() =>
        _errorText.Count == 0 ? null : PodStreamFaults.FromErrorStream(Encoding.UTF8.GetString([.. _errorText]), afterDataFin: true);

    private PodStreamFailure Broken() =>
        new(new Fault(FaultKind.ConnectionLost, "The WebSocket to the pod was lost."), ApplicationGotNothing: !_wroteBytes && !_gotBytes);

    // An aborted WebSocket throws as if it had been cancelled.
    private static bool IsEnd(Exception e, CancellationToken cancelled) =>
        e is WebSocketException or IOException or ObjectDisposedException || (e is OperationCanceledException && !cancelled.IsCancellationRequested);

    // The first reason wins.
    private EndOfConnectionException Fails(PodStreamFailure failure, Exception? inner = null)
    {
        lock (_lock)
        {
            if (!_closed)
                _failure ??= failure;
            return new EndOfConnectionException(_failure?.Fault.Message ?? "The stream to the pod was closed.", inner);
        }
    }

    private void ThrowIfClosed()
    {
        lock (_lock)
        {
            if (_failure is not null || _closed)
                throw new EndOfConnectionException(_failure?.Fault.Message ?? "The stream to the pod was closed.");
        }
    }
}
