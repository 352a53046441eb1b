using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Forwarding;

/// <summary>
/// The current pods, or the promise of some. New connections wait here while the forward reconnects. The forward fills and empties it;
/// connections take from it and report what failed.
/// </summary>
internal sealed class TargetSlot
{
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private IReadOnlyList<PodTarget> _targets = [];
    private TaskCompletionSource _filled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _reported = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<DialFailure> _failures = [];
    private int _next;
    private int _waiting;

    /// <summary>True while connections wait for a pod.</summary>
    public bool HasWaiters => Volatile.Read(ref _waiting) > 0;

    /// <summary>Offers pods to the connections that wait and to those that come.</summary>
    public void Offer(IReadOnlyList<PodTarget> targets)
    {
        lock (_lock)
        {
            _targets = targets;

            // Announced under the lock: a report that empties the slot in between would leave takers turning in circles.
            if (targets.Count > 0)
                _filled.TrySetResult();
        }
    }

    /// <summary>From now on new connections wait.</summary>
    public void Clear()
    {
        lock (_lock)
            Empty();
    }

    /// <summary>A pod for one connection; waits for one.</summary>
    public async ValueTask<PodTarget> TakeAsync(Balance balance, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task filled;
            lock (_lock)
            {
                // The forward leads elsewhere since a moment ago, and has yet to say where.
                if (_targets.Count > 0 && _targets[0].Left.IsCancellationRequested)
                    Empty();
                if (_targets.Count > 0)
                    return balance == Balance.First ? _targets[0] : _targets[(int)((uint)_next++ % (uint)_targets.Count)];
                filled = _filled.Task;
            }

            Interlocked.Increment(ref _waiting);
            try
            {
                await filled.WaitAsync(cancellationToken);
            }
            finally
            {
                Interlocked.Decrement(ref _waiting);
            }
        }
    }

    /// <summary>A connection could not be made to this pod. It is withdrawn at once; what follows is for the forward to decide.</summary>
    /// <param name="retryAfter">How long not to try again, as the server said.</param>
    public void Report(PodTarget target, Fault fault, TimeSpan? retryAfter = null)
    {
        lock (_lock)
        {
            _failures.Add(new DialFailure(target, fault, retryAfter));
            _targets = [.. _targets.Where(other => other != target)];
            if (_targets.Count == 0)
                Empty();
            _reported.TrySetResult();
        }
    }

    /// <summary>Completes when a connection has reported a failure.</summary>
    public Task Reported
    {
        get
        {
            lock (_lock)
                return _reported.Task;
        }
    }

    /// <summary>What was reported since the last call.</summary>
    public IReadOnlyList<DialFailure> TakeReports()
    {
        lock (_lock)
        {
            DialFailure[] failures = [.. _failures];
            _failures.Clear();
            if (_reported.Task.IsCompleted)
                _reported = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return failures;
        }
    }

    // Under _lock.
    private void Empty()
    {
        _targets = [];
        if (_filled.Task.IsCompleted)
            _filled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <param name="Target">The pod that could not be reached.</param>
internal sealed record DialFailure(PodTarget Target, Fault Fault, TimeSpan? RetryAfter);
