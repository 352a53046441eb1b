using System.Buffers;
using System.Threading.Tasks.Sources;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.PortForward.Spdy;

/// <summary>
/// Hands the bytes of one stream from the session's receive loop to the stream's reader. Alone in its session, a stream is lent the
/// session's own buffer, and the loop waits until it was used: back-pressure without a copy. Where streams share a session the bytes are
/// copied, so that a slow reader does not stop the others before <see cref="SharedLimit"/> is reached.
/// </summary>
internal sealed class ReceiveBuffer : IValueTaskSource<ReadOnlyMemory<byte>>
{
    /// <summary>How much is kept for a slow reader on a shared session before the session waits for it.</summary>
    public const int SharedLimit = 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly Queue<ArraySegment<byte>> _queue = new();

    // All guarded by _lock. The reader's continuation runs on the receive loop's thread: no hop between parser and client socket.
    private ManualResetValueTaskSourceCore<ReadOnlyMemory<byte>> _read;
    private bool _readPending;
    private CancellationTokenRegistration _readCancellation;
    private ReadOnlyMemory<byte> _offered;
    private bool _isLent;
    private byte[]? _lentCopy;
    private long _queued;
    private TaskCompletionSource? _used;
    private bool _ended;
    private EndOfConnectionException? _failure;

    /// <summary>True when bytes have arrived that the reader has not used yet.</summary>
    public bool HasUnread
    {
        get
        {
            lock (_lock)
                return _isLent || !_offered.IsEmpty || _queue.Count > 0;
        }
    }

    /// <summary>Takes what has arrived. Called by the receive loop only; completes when the memory is free again.</summary>
    public ValueTask OfferAsync(ReadOnlyMemory<byte> bytes, bool shared)
    {
        lock (_lock)
        {
            if (_ended)
                return ValueTask.CompletedTask;

            if (shared || _queue.Count > 0)
            {
                var copy = ArrayPool<byte>.Shared.Rent(bytes.Length);
                bytes.CopyTo(copy);
                _queue.Enqueue(new ArraySegment<byte>(copy, 0, bytes.Length));
                _queued += bytes.Length;
            }
            else
            {
                _offered = bytes;
            }
        }

        CompletePendingRead();

        lock (_lock)
        {
            // Also when the stream has ended meanwhile: bytes that are offered will be read, and bytes that are lent are being written.
            var mustWait = _queued >= SharedLimit || !_offered.IsEmpty || (_isLent && _lentCopy is null);
            if (!mustWait)
                return ValueTask.CompletedTask;
            _used = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask(_used.Task);
        }
    }

    /// <summary>The other side has ended; what was offered before is still read. With a failure, reads throw it afterwards.</summary>
    public void End(EndOfConnectionException? failure)
    {
        lock (_lock)
        {
            if (_ended)
                return;
            _ended = true;
            _failure = failure;
        }

        CompletePendingRead();
    }

    /// <summary>The reader is gone: everything is dropped, and the receive loop goes on.</summary>
    public void Close(EndOfConnectionException reason)
    {
        TaskCompletionSource? used;
        lock (_lock)
        {
            _ended = true;
            _failure ??= reason;
            _offered = default;
            while (_queue.TryDequeue(out var copy))
                ArrayPool<byte>.Shared.Return(copy.Array!);
            _queued = 0;

            // Bytes that are lent right now may be in the middle of a write to the client's socket; its abort ends that.
            used = _isLent && _lentCopy is null ? null : _used;
            if (used is not null)
                _used = null;
        }

        used?.TrySetResult();
        CompletePendingRead();
    }

    /// <summary>Gives back what the last call lent and waits for more.</summary>
    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource? used = null;
        ValueTask<ReadOnlyMemory<byte>> result;
        try
        {
            lock (_lock)
            {
                used = ReleaseLent();
                if (TryTake(out var bytes))
                {
                    result = new ValueTask<ReadOnlyMemory<byte>>(bytes);
                }
                else
                {
                    _read.Reset();
                    _readPending = true;
                    result = new ValueTask<ReadOnlyMemory<byte>>(this, _read.Version);
                }
            }
        }
        finally
        {
            // Also when there is a failure to throw: what was lent is free.
            used?.TrySetResult();
        }

        if (cancellationToken.CanBeCanceled && !result.IsCompleted)
            RegisterCancellation(cancellationToken);
        return result;
    }

    /// <summary>Gives back what the last read lent. After this the receive loop no longer waits for it.</summary>
    public void ReleaseLast()
    {
        TaskCompletionSource? used;
        lock (_lock)
            used = ReleaseLent();
        used?.TrySetResult();
    }

    /// <summary>The receive loop waits no longer: it is cancelled, and leaves its memory to the reader.</summary>
    public void Abandon()
    {
        TaskCompletionSource? used;
        lock (_lock)
            (used, _used) = (_used, null);
        used?.TrySetCanceled();
    }

    ReadOnlyMemory<byte> IValueTaskSource<ReadOnlyMemory<byte>>.GetResult(short token) => _read.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ReadOnlyMemory<byte>>.GetStatus(short token) => _read.GetStatus(token);

    void IValueTaskSource<ReadOnlyMemory<byte>>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _read.OnCompleted(continuation, state, token, flags);

    private void RegisterCancellation(CancellationToken cancellationToken)
    {
        var registration = cancellationToken.UnsafeRegister(
            static (self, token) => ((ReceiveBuffer)self!).CancelRead(token), this);
        lock (_lock)
        {
            if (_readPending)
            {
                _readCancellation = registration;
                return;
            }
        }

        registration.Unregister();
    }

    private void CancelRead(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (!_readPending)
                return;
            _readPending = false;
            _readCancellation = default;
        }

        _read.SetException(new OperationCanceledException(cancellationToken));
    }

    private void CompletePendingRead()
    {
        ReadOnlyMemory<byte> bytes = default;
        EndOfConnectionException? failure = null;
        lock (_lock)
        {
            if (!_readPending)
                return;
            try
            {
                if (!TryTake(out bytes))
                    return;
            }
            catch (EndOfConnectionException e)
            {
                failure = e;
            }

            _readPending = false;
            _readCancellation.Unregister();
            _readCancellation = default;
        }

        if (failure is not null)
            _read.SetException(failure);
        else
            _read.SetResult(bytes);
    }

    // Under _lock. True with bytes, or with none at the end; false when there is nothing yet.
    private bool TryTake(out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if (_queue.TryDequeue(out var copy))
        {
            _queued -= copy.Count;
            _lentCopy = copy.Array;
            _isLent = true;
            bytes = copy;
            return true;
        }

        if (!_offered.IsEmpty)
        {
            bytes = _offered;
            _offered = default;
            _isLent = true;
            return true;
        }

        if (!_ended)
            return false;
        return _failure is null ? true : throw _failure;
    }

    // Under _lock. Returns what to complete outside of it.
    private TaskCompletionSource? ReleaseLent()
    {
        if (_lentCopy is not null)
            ArrayPool<byte>.Shared.Return(_lentCopy);
        _lentCopy = null;
        _isLent = false;
        if (_used is null || _queued >= SharedLimit || !_offered.IsEmpty)
            return null;
        var used = _used;
        _used = null;
        return used;
    }
}
