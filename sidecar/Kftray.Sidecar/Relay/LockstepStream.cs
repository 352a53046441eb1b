using System.Buffers;
using Kftray.Relay;
using Kftray.Sidecar.Datagrams;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Relay;

/// <summary>
/// A flow of datagrams through an old relay, which takes one at a time on a connection: each goes over a connection that waits for no answer.
/// When there is none, it is dropped and counted.
/// </summary>
internal sealed class LockstepStream(LockstepLanes lanes, Action dropped) : IPodStream
{
    private readonly DatagramQueue _answers = new(new DatagramBudget(2 * DatagramQueue.Limit));
    private readonly DatagramReader _questions = new();
    private readonly TaskSet _exchanges = new();
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly HashSet<LockstepLane> _waiting = [];
    private bool _closed;

    public PodStreamFailure? Failure { get; private set; }

    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken) => _answers.ReadAsync(cancellationToken);

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        if (Failure is { } failure)
            throw new EndOfConnectionException(failure.Fault.Message);
        _questions.Feed(bytes);
        while (_questions.TryRead(out var datagram))
            Send(datagram.Span);
        return ValueTask.CompletedTask;
    }

    /// <summary>There is no half of a flow.</summary>
    public ValueTask CompleteWritesAsync()
    {
        Close(null);
        return ValueTask.CompletedTask;
    }

    public void Abort() => Close(new EndOfConnectionException("The flow was ended."));

    public async ValueTask DisposeAsync()
    {
        Abort();
        await _exchanges.WhenEmptyAsync();
        _questions.Dispose();
        _answers.Dispose();
    }

    private void Send(ReadOnlySpan<byte> datagram)
    {
        var lane = lanes.TryTake(this, out var replaced);
        if (replaced is not null)
            _exchanges.Add(replaced.CloseAsync());
        if (lane is null)
        {
            dropped();
            return;
        }

        var frame = ArrayPool<byte>.Shared.Rent(RelayProtocol.FrameHeaderLength + datagram.Length);
        RelayProtocol.WriteFrameHeader(frame, datagram.Length);
        datagram.CopyTo(frame.AsSpan(RelayProtocol.FrameHeaderLength));
        var isClosed = false;
        lock (_lock)
        {
            isClosed = _closed;
            _waiting.Add(lane);
        }

        if (isClosed)
            lane.Abort();
        _exchanges.Add(ExchangeAsync(lane, frame, RelayProtocol.FrameHeaderLength + datagram.Length));
    }

    private async Task ExchangeAsync(LockstepLane lane, byte[] frame, int length)
    {
        var isOpen = await lane.ExchangeAsync(frame, length, _answers);
        lock (_lock)
        {
            _waiting.Remove(lane);
            if (isOpen && !_closed)
            {
                // Before the answer is seen: the next question may come at once, and from another flow.
                lanes.Return(lane);
                _answers.Wake();
                return;
            }
        }

        if (isOpen)
            await lane.CloseAsync();
        lanes.Forget();
        if (lane.Failure is { } failure && !_closed)
            Fail(failure);
    }

    private void Fail(PodStreamFailure failure)
    {
        Failure ??= failure;
        Close(new EndOfConnectionException(failure.Fault.Message));
    }

    private void Close(EndOfConnectionException? end)
    {
        LockstepLane[] waiting;
        lock (_lock)
        {
            if (_closed)
                return;
            _closed = true;
            waiting = [.. _waiting];
        }

        foreach (var lane in waiting)
            lane.Abort();
        foreach (var lane in lanes.TakeAll(this))
            _exchanges.Add(lane.CloseAsync());
        _answers.End(end);
    }
}
