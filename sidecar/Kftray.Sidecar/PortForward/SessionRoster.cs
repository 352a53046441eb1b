using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.PortForward;

/// <summary>The sessions of a pool, those that are open and those that are being opened. Owns them and the tasks that watch them.</summary>
/// <param name="gate">The lock of the pool; where it says so, the caller holds it.</param>
/// <param name="changed">Called, without the lock, when an opening or a session has ended.</param>
internal sealed class SessionRoster(Func<CancellationToken, Task<IPodSession>> open, Lock gate, TimeProvider time, Action changed)
    : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();

    // All guarded by the lock.
    private readonly List<PooledSession> _entries = [];
    private readonly List<SessionOpening> _openings = [];
    private readonly HashSet<Task> _watches = [];
    private TaskCompletionSource<Fault> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Use under the lock.</summary>
    public IReadOnlyList<PooledSession> Entries => _entries;

    /// <summary>Use under the lock.</summary>
    public OpeningThrottle Throttle { get; } = new(time);

    /// <summary>Use under the lock. What has ended is an entry by now, or a failure.</summary>
    public IEnumerable<SessionOpening> Underway => _openings.Where(opening => !opening.Task.IsCompleted);

    /// <summary>Under the lock. True when there is nothing, and nothing to come.</summary>
    public bool IsEmpty => _entries.Count == 0 && _openings.Count == 0;

    /// <summary>Under the lock. Completes when the last of the sessions that are open now, or later, has died.</summary>
    public Task<Fault> Lost => _lost.Task;

    /// <summary>Under the lock. The task is kept until it has ended; whoever awaits it sees why it failed.</summary>
    public SessionOpening Open(bool claimed)
    {
        var opening = new SessionOpening(OpenEntryAsync(), claimed);
        _openings.Add(opening);
        _watches.Add(WatchOpeningAsync(opening));
        return opening;
    }

    /// <summary>Under the lock. Takes a session out and closes it: its streams end as with a lost session.</summary>
    /// <returns>Completes when it is closed; need not be awaited.</returns>
    public Task Close(PooledSession entry)
    {
        _entries.Remove(entry);
        var closing = entry.Session.DisposeAsync().AsTask();
        _watches.Add(closing);
        return closing;
    }

    /// <summary>Under the lock. A session that turned out to be dead is not chosen again.</summary>
    public void Forget(PooledSession entry) => _entries.Remove(entry);

    /// <summary>The pool opens nothing any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        SessionOpening[] openings;
        lock (gate)
            openings = [.. _openings];
        foreach (var opening in openings)
            await ((Task)opening.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        PooledSession[] entries;
        Task[] watches;
        lock (gate)
        {
            entries = [.. _entries];
            watches = [.. _watches];
        }

        await Task.WhenAll(entries.Select(entry => entry.Session.DisposeAsync().AsTask()));
        await Task.WhenAll(watches);
    }

    private async Task<PooledSession> OpenEntryAsync()
    {
        await Task.Yield(); // Called under the lock.
        IPodSession session;
        try
        {
            session = await open(_stopping.Token);
        }
        catch (ForwardException)
        {
            lock (gate)
                Throttle.OnRefused();
            throw;
        }

        var entry = new PooledSession(session);
        lock (gate)
        {
            Throttle.OnOpened();
            if (_lost.Task.IsCompleted)
                _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _entries.Add(entry);
            _watches.Add(WatchSessionAsync(entry));
        }

        return entry;
    }

    private async Task WatchOpeningAsync(SessionOpening opening)
    {
        await Task.Yield();
        await ((Task)opening.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (gate)
        {
            _openings.Remove(opening);
            _watches.RemoveWhere(watch => watch.IsCompleted);
        }

        // The connection that waited for it has taken it by now.
        changed();
    }

    private async Task WatchSessionAsync(PooledSession entry)
    {
        await Task.Yield(); // Called under the lock.
        var fault = await entry.Session.Ended;
        lock (gate)
        {
            _entries.Remove(entry);
            if (_entries.Count == 0)
                _lost.TrySetResult(fault);
        }

        await entry.Session.DisposeAsync();
        changed();
    }
}
