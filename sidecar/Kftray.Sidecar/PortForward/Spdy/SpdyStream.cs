using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.PortForward.Spdy;

/// <summary>
/// One forwarded connection: the data stream and the error stream of a session, as one duplex stream. It is over when the server has ended
/// both and we have ended ours; how it went is known only when the error stream has spoken.
/// </summary>
internal sealed class SpdyStream : IPodStream
{
    // The server ends the error stream in the same burst as the data stream. If it never does, the end of the data counts alone.
    private static readonly TimeSpan ErrorStreamPatience = TimeSpan.FromSeconds(2);

    private readonly SpdySession _session;
    private readonly ReceiveBuffer _received = new();
    private readonly TimeSpan _halfCloseGrace;
    private readonly Lock _lock = new();

    // Frees a writer that waits for a session which takes nothing more.
    private readonly CancellationTokenSource _over = new();
    private readonly CancellationTokenSource _lost = new();

    // Written by the receive loop only; the text under _lock.
    private readonly List<byte> _errorText = [];
    private bool _dataFin;
    private bool _errorEnded;

    // Guarded by _lock.
    private bool _podEnded;
    private bool _localEnded;
    private bool _finSent;
    private bool _closed;
    private bool _isBusy = true;
    private ITimer? _timer;

    // Only to judge a failure: read after the loop that writes it has ended.
    private volatile bool _wroteBytes;
    private volatile bool _gotBytes;
    private long _lastReceived;

    public SpdyStream(SpdySession session, TimeSpan halfCloseGrace, bool hasFirstBytes)
    {
        _session = session;
        _halfCloseGrace = halfCloseGrace;
        _wroteBytes = hasFirstBytes;
        _lastReceived = session.Time.GetTimestamp();
    }

    public PodStreamFailure? Failure { get; private set; }

    public CancellationToken Lost => _lost.Token;

    /// <summary>Ids of the error and the data stream; 0 until opened.</summary>
    public (int Error, int Data) Ids { get; set; }

    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken) => _received.ReadAsync(cancellationToken);

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        ThrowIfFailed();
        _wroteBytes = true;
        while (bytes.Length > 0)
        {
            if (_over.IsCancellationRequested)
                throw Closed();
            var part = bytes[..Math.Min(bytes.Length, SpdySession.MaxDataFrame)];
            bytes = bytes[part.Length..];
            try
            {
                await _session.FlushedAsync(_session.Writer.WriteDataAsync(Ids.Data, part.Span), _over.Token);
            }
            catch (OperationCanceledException)
            {
                throw Closed();
            }
        }
    }

    /// <summary>
    /// Remembers that the client has sent everything, and tells the pod when it has ended too or was silent for the grace: containerd cuts
    /// both directions a second after it is told, which would lose a reply that is still coming.
    /// </summary>
    public ValueTask CompleteWritesAsync()
    {
        lock (_lock)
        {
            if (_localEnded || _closed)
                return ValueTask.CompletedTask;
            _localEnded = true;
            LeaveBusy();
            if (_podEnded)
                EndLocally(reset: null);
            else
                StartTimer(_halfCloseGrace);
        }

        return ValueTask.CompletedTask;
    }

    public void Abort() => Close(SpdyStatus.Cancel);

    /// <summary>Ends a stream whose reader holds up others.</summary>
    public void Reset()
    {
        Abort();
        _lost.Cancel();
    }

    public ValueTask DisposeAsync()
    {
        // After an ordinary end FIN is enough; a stream that is left in the middle must not linger at the server.
        bool clean;
        lock (_lock)
            clean = _podEnded && Failure is null;
        Close(clean ? null : SpdyStatus.Cancel);

        // Only here, when both directions are done: until then the last bytes may be on their way into the client's socket.
        _received.ReleaseLast();
        return ValueTask.CompletedTask;
    }

    /// <summary>Receive loop: bytes of the data stream.</summary>
    public ValueTask OnDataAsync(ReadOnlyMemory<byte> bytes, bool shared)
    {
        _gotBytes = true;
        Volatile.Write(ref _lastReceived, _session.Time.GetTimestamp());
        return _received.OfferAsync(bytes, shared);
    }

    /// <summary>Ends the wait that <see cref="OnDataAsync"/> began, with a cancellation: what was lent stays the reader's.</summary>
    public void Abandon() => _received.Abandon();

    /// <summary>Receive loop: bytes of the error stream.</summary>
    public void OnErrorText(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            var room = Math.Min(bytes.Length, PodStreamFaults.MaxErrorText - _errorText.Count);
            _errorText.AddRange(bytes[..room]);
        }
    }

    /// <summary>Receive loop: the server has ended one of the two streams.</summary>
    public void OnEnded(bool isErrorStream, bool reset)
    {
        if (isErrorStream)
            _errorEnded = true;
        else
            _dataFin = true;

        if (reset && !isErrorStream && _errorText.Count == 0)
        {
            EndByPod(PodStreamFaults.Reset);
            return;
        }

        if (_errorEnded && (_dataFin || _errorText.Count > 0))
        {
            EndByPod(Judge());
        }
        else if (_dataFin)
        {
            lock (_lock)
                StartTimer(ErrorStreamPatience);
        }
    }

    /// <summary>The session is dead.</summary>
    public void OnSessionLost(Contract.Fault fault)
    {
        // An end without a word may be a refusal whose sentence has not arrived yet: it must not look like the application's own.
        var isOrdinaryEnd = _dataFin && _gotBytes;
        EndByPod(isOrdinaryEnd ? null
            : Judge() ?? new PodStreamFailure(fault, ApplicationGotNothing: !_wroteBytes && !_gotBytes));
        if (Failure is { ApplicationGotNothing: false })
            _lost.Cancel();
    }

    // What the error stream says about the end, when it is over or has been waited for.
    private PodStreamFailure? Judge()
    {
        lock (_lock)
        {
            return _errorText.Count == 0
                ? null
                : PodStreamFaults.FromErrorStream(System.Text.Encoding.UTF8.GetString([.. _errorText]), afterDataFin: _dataFin);
        }
    }

    private void EndByPod(PodStreamFailure? failure)
    {
        lock (_lock)
        {
            if (_podEnded)
                return;
            _podEnded = true;
            LeaveBusy();
            Failure = failure;
            StopTimer();

            // Always ended from our side too, or the server keeps the streams for as long as the session lives.
            if (failure is not null)
                EndLocally(SpdyStatus.Cancel);
            else if (_localEnded)
                EndLocally(reset: null);
            _closed = failure is not null;
        }

        _session.Remove(this);
        if (failure is not null)
            _over.Cancel();
        _received.End(failure is null ? null : new EndOfConnectionException(failure.Fault.Message));
    }

    private void Close(SpdyStatus? reset)
    {
        lock (_lock)
        {
            if (_closed)
                return;
            StopTimer();
            LeaveBusy();
            EndLocally(_podEnded ? null : reset);
            _closed = true;
        }

        _session.Remove(this);
        _over.Cancel();
        _received.Close(Closed());
    }

    // Under _lock. A stream one side of which has ended can stall nobody, and leaves its session free for others.
    private void LeaveBusy()
    {
        if (!_isBusy)
            return;
        _isBusy = false;
        _session.OnNoLongerBusy();
    }

    // Under _lock. A reset is sent even after a FIN, but nothing twice.
    private void EndLocally(SpdyStatus? reset)
    {
        if (_closed || (_finSent && reset is null))
            return;
        _finSent = true;
        _session.Writer.PostEndOfStream(Ids.Data, reset);
    }

    // Under _lock.
    private void StartTimer(TimeSpan due)
    {
        if (_timer is null)
            _timer = _session.Time.CreateTimer(static self => ((SpdyStream)self!).OnTimer(), this, due, Timeout.InfiniteTimeSpan);
        else
            _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    // Under _lock.
    private void StopTimer()
    {
        _timer?.Dispose();
        _timer = null;
    }

    private void OnTimer()
    {
        lock (_lock)
        {
            if (_closed || _podEnded)
                return;
            if (!_dataFin)
            {
                // Still sending, or sent something the client has not taken yet: the pod may have more to say.
                var silence = _session.Time.GetElapsedTime(Volatile.Read(ref _lastReceived));
                var mayHaveMore = _halfCloseGrace > TimeSpan.Zero && (_received.HasUnread || silence < _halfCloseGrace);
                if (mayHaveMore)
                    StartTimer(_received.HasUnread ? _halfCloseGrace : _halfCloseGrace - silence);
                else
                    EndLocally(reset: null);
                return;
            }
        }

        EndByPod(Judge());
    }

    private static EndOfConnectionException Closed() => new("The stream to the pod was closed.");

    private void ThrowIfFailed()
    {
        if (Failure is { } failure)
            throw new EndOfConnectionException(failure.Fault.Message);
    }
}
