using System.Runtime.CompilerServices;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Forwarding;

/// <summary>
/// Coalesces what changed into batches for the one consumer: a changed state leaves at once, counters at most twice a second. What is kept
/// is a set of dirty forwards, so memory is bounded by their number however slow the consumer is.
/// </summary>
internal sealed class ForwardFeed(TimeProvider time)
{
    private static readonly TimeSpan TrafficInterval = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly HashSet<Forward> _changed = [];
    private readonly HashSet<Forward> _traffic = [];
    private readonly HashSet<string> _removed = [];
    private TaskCompletionSource _any = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _urgent = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The forward's snapshot differs in more than its counters.</summary>
    public void MarkChanged(Forward forward)
    {
        lock (_lock)
        {
            _changed.Add(forward);
            _any.TrySetResult();
            _urgent.TrySetResult();
        }
    }

    /// <summary>The forward's counters have moved. Called for every chunk of every connection.</summary>
    public void MarkTraffic(Forward forward)
    {
        lock (_lock)
        {
            if (_traffic.Add(forward))
                _any.TrySetResult();
        }
    }

    /// <summary>The forward has stopped for good. Its id is gone too, unless another forward has taken it over.</summary>
    public void MarkRemoved(Forward forward, bool isReplaced)
    {
        lock (_lock)
        {
            _changed.Remove(forward);
            _traffic.Remove(forward);
            if (isReplaced)
                return;
            _removed.Add(forward.Spec.Id);
            _any.TrySetResult();
            _urgent.TrySetResult();
        }
    }

    /// <summary>Batches of changes. One consumer; ends by cancellation.</summary>
    public async IAsyncEnumerable<ForwardsChangedParams> ReadAllAsync([EnumeratorCancellation] CancellationToken stopping)
    {
        while (true)
        {
            Task any;
            Task urgent;
            lock (_lock)
                (any, urgent) = (_any.Task, _urgent.Task);

            await any.WaitAsync(stopping);
            if (!urgent.IsCompleted)
            {
                using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stopping);
                await Task.WhenAny(urgent, Task.Delay(TrafficInterval, time, waiting.Token));
                await waiting.CancelAsync();
                stopping.ThrowIfCancellationRequested();
            }

            if (Take() is { } batch)
                yield return batch;
        }
    }

    private ForwardsChangedParams? Take()
    {
        Forward[] dirty;
        string[] removed;
        lock (_lock)
        {
            dirty = [.. _changed.Union(_traffic)];
            removed = [.. _removed];
            _changed.Clear();
            _traffic.Clear();
            _removed.Clear();
            _any = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _urgent = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        if (dirty.Length + removed.Length == 0)
            return null;

        // A forward that was removed and defined again before anybody looked: that is a change, not a removal.
        ForwardSnapshot[] snapshots = [.. dirty.Select(forward => forward.TakeSnapshot(handOutPreviousId: true))];
        return new ForwardsChangedParams(snapshots, [.. removed.Except(snapshots.Select(snapshot => snapshot.Id))]);
    }
}
