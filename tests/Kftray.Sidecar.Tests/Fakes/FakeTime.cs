using Microsoft.Extensions.Time.Testing;

namespace Kftray.Sidecar.Tests.Fakes;

/// <summary>
/// A clock moved by hand that knows which timers are set: a test waits until the code under test has armed one, and only then lets time
/// pass. Without this an advance may come before the timer it was meant for.
/// </summary>
internal sealed class FakeTime() : FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero))
{
    // Real time: a timer that is never set fails the test that waits for it instead of standing still.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly HashSet<TrackedTimer> _armed = [];
    private readonly List<(Func<TimeSpan, bool> Wanted, TaskCompletionSource Seen)> _waiters = [];

    /// <summary>Timers that are set and have not fired.</summary>
    public int ArmedCount
    {
        get
        {
            lock (_lock)
                return _armed.Count;
        }
    }

    /// <summary>Completes when a timer with exactly this delay is set.</summary>
    public Task Armed(TimeSpan due) => Armed(other => other == due);

    /// <summary>Completes when a timer whose delay fits is set.</summary>
    public Task Armed(Func<TimeSpan, bool> wanted)
    {
        lock (_lock)
        {
            if (_armed.Any(timer => wanted(timer.Due)))
                return Task.CompletedTask;
            var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((wanted, seen));
            return seen.Task.WaitAsync(Patience);
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new TrackedTimer(this);
        timer.Inner = base.CreateTimer(
            inner =>
            {
                if (period == Timeout.InfiniteTimeSpan)
                    Fire(timer);
                callback(inner);
            },
            state,
            dueTime,
            period);

        // Only now: whoever waits for it advances the clock at once. One that was due at once has fired already.
        Track(timer, dueTime, unlessFired: true);
        return timer;
    }

    private void Fire(TrackedTimer timer)
    {
        lock (_lock)
        {
            timer.HasFired = true;
            _armed.Remove(timer);
        }
    }

    private void Track(TrackedTimer timer, TimeSpan due, bool unlessFired = false)
    {
        lock (_lock)
        {
            timer.Due = due;
            if (due == Timeout.InfiniteTimeSpan || (unlessFired && timer.HasFired))
            {
                _armed.Remove(timer);
                return;
            }

            _armed.Add(timer);
            foreach (var (_, seen) in _waiters.Where(waiter => waiter.Wanted(due)))
                seen.TrySetResult();
            _waiters.RemoveAll(waiter => waiter.Seen.Task.IsCompleted);
        }
    }

    private sealed class TrackedTimer(FakeTime time) : ITimer
    {
        public ITimer? Inner { get; set; }

        public TimeSpan Due { get; set; }

        /// <summary>Since it was last set.</summary>
        public bool HasFired { get; set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            HasFired = false;
            var changed = Inner?.Change(dueTime, period) ?? true;
            time.Track(this, dueTime, unlessFired: true);
            return changed;
        }

        public void Dispose()
        {
            time.Track(this, Timeout.InfiniteTimeSpan);
            Inner?.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
