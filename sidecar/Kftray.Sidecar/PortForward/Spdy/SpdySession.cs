using System.Buffers.Binary;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.PortForward.Spdy;

/// <summary>
/// One SPDY/3.1 connection to the port-forward endpoint of one pod. Owns the transport, the receive loop and the heartbeat; ends when the
/// transport ends, when the server breaks the protocol, or when a ping is not answered. Streams that fail do not end it.
/// </summary>
internal sealed class SpdySession : IPodSession, ISpdyFrameHandler
{
    /// <summary>Payload of the data frames that we send.</summary>
    public const int MaxDataFrame = 64 * 1024;

    // The heartbeat's own ids rise from 1 and never get here.
    private const uint ProdId = 0x7FFF_FFFF;

    private readonly Stream _transport;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly SpdyStreamTable _streams = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource<Fault> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _receiving;
    private readonly SpdyHeartbeat _heartbeat;
    private readonly Task _beating;
    private readonly ReaderStall _stall;
    private readonly TaskSet _abandoned = new();
    private int _nextRequestId;
    private Fault? _fault;
    private bool _goingAway;
    private Task? _disposal;

    public SpdySession(Stream transport, IPathWitness? witness, TimeProvider time, ILogger logger)
    {
        _transport = transport;
        _logger = logger;
        Time = time;
        Writer = new SpdyWriter(transport, time, OnWriterBroken);
        _heartbeat = new SpdyHeartbeat(Writer, time, since => witness?.HasHeard(this, since) ?? false);
        _stall = new ReaderStall(time, ResetIfShared);
        _receiving = ReceiveAsync();
        _beating = EndWhenSilentAsync(_closing.Token);
    }

    public TimeProvider Time { get; }

    public SpdyWriter Writer { get; }

    public Task<Fault> Ended => _ended.Task;

    public bool IsUsable
    {
        get
        {
            lock (_lock)
                return _fault is null && !_goingAway;
        }
    }

    public bool HasStreams => _streams.Any;

    public SessionLoad Load => new(_streams.Busy, _stall.Since ?? Writer.BlockedSince);

    public long LastHeard => _heartbeat.LastReceived;

    public TimeSpan? RoundTrip => _heartbeat.RoundTrip;

    // An even id would be the server's; the echo of one that the heartbeat did not send says nothing to it but that there is one.
    public void Prod() => Writer.PostPing(ProdId);

    async ValueTask<IPodStream> IPodSession.OpenAsync(int port, ReadOnlyMemory<byte> firstBytes, TimeSpan halfCloseGrace, CancellationToken cancel) =>
        await OpenAsync(port, firstBytes, halfCloseGrace, cancel);

    /// <summary>Opens a stream and sends its first bytes in the same write.</summary>
    /// <exception cref="EndOfConnectionException">The session is dead; none of the bytes reached the application.</exception>
    public async ValueTask<SpdyStream> OpenAsync(
        int port, ReadOnlyMemory<byte> firstBytes, TimeSpan halfCloseGrace, CancellationToken cancellationToken)
    {
        var stream = new SpdyStream(this, halfCloseGrace, !firstBytes.IsEmpty);
        var requestId = Interlocked.Increment(ref _nextRequestId);
        try
        {
            await FlushedAsync(
                Writer.OpenAsync(port, requestId, firstBytes.Span, (errorId, dataId) => Register(stream, errorId, dataId)), cancellationToken);
        }
        catch (EndOfConnectionException)
            when (!firstBytes.IsEmpty && stream.Failure is not null && Writer.MayHaveSent(stream.Ids.Data))
        {
            // Failed half way: the application may have got the bytes, so they are not to be sent again. The stream says so.
        }
        catch (OperationCanceledException)
        {
            stream.Abort();
            throw;
        }
        catch
        {
            Remove(stream);
            throw;
        }

        return stream;
    }

    /// <summary>Waits until the transport has taken the bytes. Who gives up leaves the write to the session: a frame is never cut.</summary>
    public async ValueTask FlushedAsync(ValueTask flush, CancellationToken abandoned)
    {
        if (flush.IsCompleted)
        {
            await flush;
            return;
        }

        var flushing = flush.AsTask();
        try
        {
            await flushing.WaitAsync(abandoned);
        }
        catch (OperationCanceledException) when (abandoned.IsCancellationRequested)
        {
            _abandoned.Add(flushing);
            throw;
        }
    }

    /// <inheritdoc cref="SpdyStreamTable.OnNoLongerBusy"/>
    public void OnNoLongerBusy() => _streams.OnNoLongerBusy();

    public void Remove(SpdyStream stream)
    {
        _streams.Remove(stream);
        _heartbeat.OnUsed();
    }

    // May be called by several, who all await the same end: closing a session ends it, and whoever watches its end closes it too.
    public ValueTask DisposeAsync()
    {
        lock (_lock)
            return new(_disposal ??= Task.Run(CloseAsync));
    }

    private async Task CloseAsync()
    {
        End(new Fault(FaultKind.ConnectionLost, "The session to the pod was closed."));
        await _closing.CancelAsync();
        _stall.Stream?.Abandon();
        await _transport.DisposeAsync();
        await _receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _beating.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Writer.DisposeAsync();
        await _abandoned.WhenEmptyAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stall.Dispose();
        _closing.Dispose();
    }

    private void Register(SpdyStream stream, int errorId, int dataId)
    {
        stream.Ids = (errorId, dataId);
        if (!_streams.TryAdd(stream))
            throw new EndOfConnectionException("The session to the pod has ended.");
        _heartbeat.OnUsed();
    }

    // Whoever owns the session disposes it when it has ended; that wakes the receive loop.
    private void OnWriterBroken(Exception e)
    {
        _logger.TransportFailed(e.Message);
        End(new Fault(FaultKind.ConnectionLost, "The connection to the API server was lost."));
    }

    private void End(Fault fault)
    {
        lock (_lock)
        {
            if (_fault is not null)
                return;
            _fault = fault;
        }

        foreach (var stream in _streams.Close())
            stream.OnSessionLost(fault);
        _ended.TrySetResult(fault);
    }

    private async Task ReceiveAsync()
    {
        await Task.Yield();
        var fault = new Fault(FaultKind.ConnectionLost, "The API server closed the connection to the pod.");
        try
        {
            await new SpdyReceiver(_transport, this).RunAsync();
        }
        catch (SpdyProtocolException e)
        {
            _logger.BrokenProtocol(e.Message);
            fault = new Fault(FaultKind.ConnectionLost, $"The API server broke the port-forward protocol: {e.Message}.");
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            _logger.TransportFailed(e.Message);
            fault = new Fault(FaultKind.ConnectionLost, "The connection to the API server was lost.");
        }

        End(fault);

        // Wakes a writer that is blocked on a dead path, and the heartbeat.
        await _closing.CancelAsync();
        await _transport.DisposeAsync();
    }

    async ValueTask ISpdyFrameHandler.OnDataAsync(int id, ReadOnlyMemory<byte> bytes)
    {
        var (stream, isError, shared) = _streams.Find(id);
        if (stream is null)
            return; // Closed by us while these bytes were on their way.
        if (isError)
        {
            stream.OnErrorText(bytes.Span);
            return;
        }

        var used = stream.OnDataAsync(bytes, shared);
        if (used.IsCompletedSuccessfully)
            return;
        _heartbeat.WaitsForReader = true;
        _stall.Begin(stream);
        if (_closing.IsCancellationRequested)
            stream.Abandon();
        await used;
        _stall.End();
        _heartbeat.OnReceived();
        _heartbeat.WaitsForReader = false;
    }

    // Alone in its session a stream may stall as long as it likes.
    private void ResetIfShared(SpdyStream stream)
    {
        if (_streams.Find(stream.Ids.Data).Shared)
            stream.Reset();
    }

    void ISpdyFrameHandler.OnFin(int id) => OnFin(id);

    private void OnFin(int id)
    {
        var (stream, isError, _) = _streams.Find(id);
        stream?.OnEnded(isError, reset: false);
    }

    void ISpdyFrameHandler.OnControl(SpdyFrameHeader header, ReadOnlySpan<byte> payload)
    {
        switch (header.Type)
        {
            case SpdyControl.RstStream:
                if (payload.Length < 8)
                    throw new SpdyProtocolException("a short RST_STREAM");
                var (stream, isError, _) = _streams.Find((int)(BinaryPrimitives.ReadUInt32BigEndian(payload) & 0x7FFF_FFFF));
                stream?.OnEnded(isError, reset: true);
                break;
            case SpdyControl.Ping:
                if (payload.Length < 4)
                    throw new SpdyProtocolException("a short PING");
                var id = BinaryPrimitives.ReadUInt32BigEndian(payload);
                if (id % 2 == 0)
                    Writer.PostPing(id, isEcho: true); // Even ids are the server's; odd ones are answers to ours.
                else
                    _heartbeat.OnEcho(id);
                break;
            case SpdyControl.GoAway:
                lock (_lock)
                    _goingAway = true;
                break;
            case SpdyControl.SynReply when header.IsFin && payload.Length >= 4:
                OnFin((int)(BinaryPrimitives.ReadUInt32BigEndian(payload) & 0x7FFF_FFFF));
                break;
            default:
                break; // SYN_REPLY says nothing we wait for; the others carry nothing for us.
        }
    }

    void ISpdyFrameHandler.OnReceived() => _heartbeat.OnReceived();

    bool ISpdyFrameHandler.IsIdle => !_streams.Any;

    private async Task EndWhenSilentAsync(CancellationToken closing)
    {
        await _heartbeat.RunAsync(() => HasStreams, closing);
        End(new Fault(FaultKind.ConnectionLost, $"The pod's node did not answer for {SpdyHeartbeat.Deadline.TotalSeconds:0} s."));
        await _transport.DisposeAsync();
    }
}
