using System.Buffers;
using System.Threading.Tasks.Sources;
using Kftray.Relay;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Datagrams;

/// <summary>
/// Datagrams on their way to one reader, as frames of length and payload in one block of memory: a read takes all that has arrived, so the
/// slower the reader, the larger its reads. What does not fit is refused, never waited for. Allocates nothing for a single datagram.
/// </summary>
internal sealed class DatagramQueue(DatagramBudget budget) : IValueTaskSource<ReadOnlyMemory<byte>>, IDisposable
{
    /// <summary>A tenth of a second at 10 MB/s: longer pauses of the reader are not bridged.</summary>
    public const int Limit = 1024 * 1024;

    private const int SmallestBlock = 2 * 1024;

    private readonly Lock _lock = new();

    // Completed by who has taken _isWaiting back, and not under the lock: the reader may go on in there.
    private ManualResetValueTaskSourceCore<bool> _wait;
    private CancellationTokenRegistration _cancellation;

    // All guarded by _lock.
    private bool _isWaiting;
    private byte[]? _filling;
    private int _filled;
    private byte[]? _lent;
    private int _lastRead;
    private bool _ended;
    private EndOfConnectionException? _failure;

    /// <summary>Adds a datagram. The reader is not told yet: see <see cref="Wake"/>.</summary>
    /// <returns>False when there is no room, or nobody will read it.</returns>
    public bool TryAdd(ReadOnlySpan<byte> payload)
    {
        lock (_lock)
        {
            var needed = _filled + RelayProtocol.FrameHeaderLength + payload.Length;
            if (_ended || needed > Limit || !HasRoom(needed))
                return false;
            RelayProtocol.WriteFrameHeader(_filling.AsSpan(_filled), payload.Length);
            payload.CopyTo(_filling.AsSpan(_filled + RelayProtocol.FrameHeaderLength));
            _filled = needed;
            return true;
        }
    }

    /// <summary>Lets a reader that waits have what was added.</summary>
    /// <param name="here">
    /// It goes on on this thread, before this returns: quickest for a single datagram, since no other thread is to be woken. Not for who has more
    /// to do.
    /// </param>
    public void Wake(bool here = false)
    {
        lock (_lock)
        {
            if (!_isWaiting || (_filled == 0 && !_ended))
                return;
            _isWaiting = false;
        }

        _wait.RunContinuationsAsynchronously = !here;
        _wait.SetResult(true);
    }

    /// <summary>Takes everything that was added; waits when nothing was. The memory is valid until the next call. One reader at a time.</summary>
    /// <returns>Whole frames; nothing at the end.</returns>
    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ReleaseLent();
            if (_filled > 0 || _ended)
                return new ValueTask<ReadOnlyMemory<byte>>(Take());
            _wait.Reset();
            _isWaiting = true;
            _cancellation = cancellationToken.UnsafeRegister(
                static (queue, token) => ((DatagramQueue)queue!).Cancel(token), this);
            return new ValueTask<ReadOnlyMemory<byte>>(this, _wait.Version);
        }
    }

    /// <summary>As <see cref="ReadAsync"/>, and nothing when it would have to wait.</summary>
    public ReadOnlyMemory<byte> TryRead()
    {
        lock (_lock)
        {
            if (_filled == 0)
                return default;
            ReleaseLent();
            return Take();
        }
    }

    /// <summary>Nothing more is added. What was added is read first; then reads end, or throw the failure.</summary>
    public void End(EndOfConnectionException? failure = null)
    {
        lock (_lock)
        {
            if (_ended)
                return;
            _ended = true;
            _failure = failure;
        }

        Wake();
    }

    /// <summary>Gives the memory back. Only when nobody reads.</summary>
    /// <returns>How many datagrams were never read.</returns>
    public int Discard()
    {
        lock (_lock)
        {
            _ended = true;
            var unread = 0;
            for (var at = 0; at < _filled; unread++)
            {
                RelayProtocol.ReadFrameHeader(_filling.AsSpan(at), out var length);
                at += RelayProtocol.FrameHeaderLength + length;
            }

            Release(ref _filling);
            _filled = 0;
            ReleaseLent();
            return unread;
        }
    }

    public void Dispose() => Discard();

    ValueTaskSourceStatus IValueTaskSource<ReadOnlyMemory<byte>>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<ReadOnlyMemory<byte>>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    ReadOnlyMemory<byte> IValueTaskSource<ReadOnlyMemory<byte>>.GetResult(short token)
    {
        // Not under the lock: it waits for a cancellation that is under way, which takes the lock.
        _cancellation.Dispose();
        _wait.GetResult(token);
        lock (_lock)
            return Take();
    }

    private void Cancel(CancellationToken token)
    {
        lock (_lock)
        {
            if (!_isWaiting)
                return;
            _isWaiting = false;
        }

        _wait.RunContinuationsAsynchronously = true;
        _wait.SetException(new OperationCanceledException(token));
    }

    // Under _lock.
    private ReadOnlyMemory<byte> Take()
    {
        if (_filled == 0)
        {
            if (_failure is { } failure)
                throw new EndOfConnectionException(failure.Message, failure);
            return default;
        }

        _lent = _filling;
        _lastRead = _filled;
        _filling = null;
        _filled = 0;
        return _lent.AsMemory(0, _lastRead);
    }

    // Under _lock. A flow in full flight begins with a block that had been large enough before.
    private bool HasRoom(int needed)
    {
        var size = _filling?.Length ?? 0;
        if (needed <= size)
            return true;
        var block = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Max(Math.Min(size * 2, Limit), Math.Max(_lastRead, SmallestBlock))));
        if (!budget.TryTake(block.Length))
        {
            ArrayPool<byte>.Shared.Return(block);
            return false;
        }

        _filling.AsSpan(0, _filled).CopyTo(block);
        Release(ref _filling);
        _filling = block;
        return true;
    }

    // Under _lock.
    private void ReleaseLent() => Release(ref _lent);

    private void Release(ref byte[]? block)
    {
        if (block is null)
            return;
        budget.Return(block.Length);
        ArrayPool<byte>.Shared.Return(block);
        block = null;
    }
}
