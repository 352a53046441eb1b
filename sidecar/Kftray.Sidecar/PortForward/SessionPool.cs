using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.PortForward.Spdy;

namespace Kftray.Sidecar.PortForward;

/// <summary>
/// The sessions to one pod. SPDY as Kubernetes speaks it has no flow control for a single stream, so one reader that stalls stops its whole
/// session: every connection gets a session of its own while there are few, and never one that is stalled.
/// </summary>
internal sealed class SessionPool(Func<CancellationToken, Task<SpdySession>> open, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Above this many sessions in use, connections share the least loaded ones.</summary>
    private const int Cap = 8;

    /// <summary>Stalled sessions do not count towards the cap, but even with them there are no more than this.</summary>
    private const int HardLimit = 64;

    private static readonly TimeSpan IdleLifetime = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();

    // All guarded by _lock.
    private readonly List<PooledSession> _entries = [];
    private readonly List<Task<PooledSession>> _openings = [];
    private readonly HashSet<Task> _watches = [];
    private TaskCompletionSource<Fault> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _leases;
    private volatile bool _retired;

    /// <summary>Opens a stream on the best session there is, opening another session where that is better than sharing.</summary>
    /// <exception cref="ForwardException">No session could be opened; nothing was sent.</exception>
    public async ValueTask<SpdyStream> OpenStreamAsync(
        int port, ReadOnlyMemory<byte> firstBytes, TimeSpan halfCloseGrace, CancellationToken cancellationToken)
    {
        while (true)
        {
            var entry = await ReserveAsync(cancellationToken);
            try
            {
                return await entry.Session.OpenAsync(port, firstBytes, halfCloseGrace, cancellationToken);
            }
            catch (EndOfConnectionException)
            {
                // Died since it was chosen, before the streams were opened: the application knows of nothing. Take another.
                Forget(entry);
            }
            finally
            {
                lock (_lock)
                    entry.Reserved--;
                KeepWarm();
            }
        }
    }

    /// <summary>Opens a session unless there is one, and keeps one ready until the lease is disposed.</summary>
    public async ValueTask<ISessionLease> WarmAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            ThrowIfRetired();
            _leases++;
        }

        try
        {
            Task<PooledSession>? opening;
            lock (_lock)
                opening = _entries.Any(entry => entry.Session.IsUsable) ? null : Underway.FirstOrDefault() ?? StartOpening();
            if (opening is not null)
                await opening.WaitAsync(cancellationToken);
            lock (_lock)
                return new SessionLease(this, _lost.Task);
        }
        catch
        {
            EndLease();
            throw;
        }
    }

    /// <summary>Called once by every lease.</summary>
    public void EndLease()
    {
        lock (_lock)
            _leases--;
    }

    /// <summary>Closes sessions that have been idle for long, but one while somebody wants the pod warm.</summary>
    public async Task TrimAsync()
    {
        List<PooledSession> retired = [];
        lock (_lock)
        {
            // Nothing can be opened on these any more, and nothing is open.
            foreach (var entry in _entries.Where(entry => entry is { IsEmpty: true, IsIdle: false }).ToList())
            {
                _entries.Remove(entry);
                retired.Add(entry);
            }

            var keep = _leases > 0 ? 1 : 0;
            foreach (var entry in _entries.Where(entry => entry is { IsEmpty: true, IsIdle: true }).ToList())
            {
                entry.IdleSince ??= time.GetTimestamp();
                if (keep-- > 0 || (_leases > 0 && time.GetElapsedTime(entry.IdleSince.Value) < IdleLifetime))
                    continue;
                _entries.Remove(entry);
                retired.Add(entry);
            }

            foreach (var entry in _entries.Where(entry => !entry.IsIdle))
                entry.IdleSince = null;
        }

        foreach (var entry in retired)
            await entry.Session.DisposeAsync();
    }

    /// <summary>True when the pool may not be used any more: another one takes its place.</summary>
    public bool IsRetired => _retired;

    /// <summary>True once nobody needs the pod: from then on the pool may not be used.</summary>
    public bool TryRetire()
    {
        lock (_lock)
            return _retired = _retired || (_leases == 0 && _entries.Count == 0 && _openings.Count == 0);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Task<PooledSession>[] openings;
        lock (_lock)
        {
            _retired = true;
            openings = [.. _openings];
        }

        foreach (var opening in openings)
            await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        PooledSession[] entries;
        Task[] watches;
        lock (_lock)
        {
            entries = [.. _entries];
            watches = [.. _watches];
        }

        await Task.WhenAll(entries.Select(entry => entry.Session.DisposeAsync().AsTask()));
        await Task.WhenAll(watches);
    }

    private async ValueTask<PooledSession> ReserveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task<PooledSession> opening;
            lock (_lock)
            {
                ThrowIfRetired();
                if (Choose() is { } chosen)
                {
                    chosen.Reserved++;
                    return chosen;
                }

                opening = MayOpen ? StartOpening() : Underway.FirstOrDefault() ?? throw TooManyStalled();
            }

            var opened = await opening.WaitAsync(cancellationToken);
            lock (_lock)
            {
                // Several may have waited for it: the first has it for itself, the others look again.
                if (opened.Session.IsUsable && opened.Reserved == 0 && opened.Session.Load.Busy == 0)
                {
                    opened.Reserved++;
                    return opened;
                }
            }
        }
    }

    // Under _lock. What has ended is an entry by now, or a failure; it stays in the list until its watch has seen it.
    private IEnumerable<Task<PooledSession>> Underway => _openings.Where(opening => !opening.IsCompleted);

    // Under _lock.
    private bool MayOpen => _entries.Count(entry => entry.Session.IsUsable && !entry.Session.Load.Stalled) + Underway.Count() < Cap
        && _entries.Count + Underway.Count() < HardLimit;

    // Under _lock. An idle session; or, when no more may be opened, the least loaded one that is not stalled.
    private PooledSession? Choose()
    {
        var mayOpen = MayOpen;
        PooledSession? best = null;
        var bestLoad = int.MaxValue;
        foreach (var entry in _entries)
        {
            if (!entry.Session.IsUsable)
                continue;
            var (busy, stalled) = entry.Session.Load;
            var load = busy + entry.Reserved;
            if (stalled || load >= bestLoad || (load > 0 && mayOpen))
                continue;
            (best, bestLoad) = (entry, load);
        }

        return best;
    }

    // Under _lock. The task is kept until it has ended; whoever awaits it sees why it failed.
    private Task<PooledSession> StartOpening()
    {
        var opening = OpenEntryAsync();
        _openings.Add(opening);
        _watches.Add(WatchOpeningAsync(opening));
        return opening;
    }

    private async Task<PooledSession> OpenEntryAsync()
    {
        await Task.Yield(); // Called under the lock.
        var session = await open(_stopping.Token);
        var entry = new PooledSession(session);
        lock (_lock)
        {
            if (_lost.Task.IsCompleted)
                _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _entries.Add(entry);
            _watches.Add(WatchSessionAsync(entry));
        }

        return entry;
    }

    private async Task WatchOpeningAsync(Task<PooledSession> opening)
    {
        await Task.Yield();
        await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            _openings.Remove(opening);
            _watches.RemoveWhere(watch => watch.IsCompleted);
        }

        // The connection that waited for it has taken it by now: the next one should find another.
        if (opening.IsCompletedSuccessfully)
            KeepWarm();
    }

    private async Task WatchSessionAsync(PooledSession entry)
    {
        await Task.Yield(); // Called under the lock.
        var fault = await entry.Session.Ended;
        Forget(entry, fault);
        await entry.Session.DisposeAsync();
        if (!_stopping.IsCancellationRequested)
            KeepWarm();
    }

    private void Forget(PooledSession entry, Fault? fault = null)
    {
        lock (_lock)
        {
            _entries.Remove(entry);
            if (fault is not null && _entries.Count == 0)
                _lost.TrySetResult(fault);
        }
    }

    // The next connection should find a session ready. One at a time, and only while others prove that the server accepts them: a server
    // that refuses is not hammered from here.
    private void KeepWarm()
    {
        lock (_lock)
        {
            if (!_retired && _leases > 0 && MayOpen && !Underway.Any()
                && _entries.Any(entry => entry.Session.IsUsable) && !_entries.Any(entry => entry.IsIdle))
                StartOpening();
        }
    }

    // Under _lock.
    private void ThrowIfRetired()
    {
        if (_retired)
            throw new ForwardException(new Fault(FaultKind.ConnectionLost, "The session to the pod was closed."));
    }

    private static ForwardException TooManyStalled() => new(new Fault(
        FaultKind.Throttled, $"{HardLimit} connections to this pod are blocked by clients that do not read.", "Close the clients that do not read."));
}
