using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.PortForward;

/// <summary>
/// The sessions to one pod. SPDY as Kubernetes speaks it has no flow control for a single stream, so one reader that stalls stops its whole
/// session: every connection gets a session of its own while there are few, and never one that is stalled.
/// </summary>
internal sealed class SessionPool : IPathWitness, IAsyncDisposable
{
    private static readonly TimeSpan IdleLifetime = TimeSpan.FromSeconds(30);

    private readonly SessionLimits _limits;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly SessionRoster _roster;

    // Guarded by _lock.
    private int _leases;
    private volatile bool _retired;

    public SessionPool(Func<IPathWitness, CancellationToken, Task<IPodSession>> open, SessionLimits limits, TimeProvider time)
    {
        _limits = limits;
        _time = time;
        _roster = new SessionRoster(stopping => open(this, stopping), _lock, time, KeepWarm);
    }

    /// <summary>True when the pool may not be used any more: another one takes its place.</summary>
    public bool IsRetired => _retired;

    // Under _lock.
    private bool IsBelowHardLimit => SessionPolicy.IsBelowHardLimit(_roster.Entries, _roster.Underway.Count());

    // Under _lock. One at a time, and not when the server has just refused one: it is not hammered from here.
    private bool MayOpenUnasked => !_roster.Throttle.IsClosed && !_roster.Underway.Any();

    // Under _lock.
    private bool IsBelowCap => SessionPolicy.IsBelowCap(_roster.Entries, _roster.Underway.Count(), _limits.PerPod, _time);

    /// <summary>Opens a stream on the best session there is, opening another session where that is better than sharing.</summary>
    /// <exception cref="ForwardException">No session could be opened; nothing was sent.</exception>
    public async ValueTask<IPodStream> OpenStreamAsync(
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
                lock (_lock)
                    _roster.Forget(entry);
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
                opening = _roster.Entries.Any(entry => entry.Session.IsUsable) ? null : (_roster.Underway.FirstOrDefault() ?? _roster.Open(claimed: false)).Task;
            if (opening is not null)
                await opening.WaitAsync(cancellationToken);
            lock (_lock)
                return new SessionLease(this, _roster.Lost);
        }
        catch
        {
            EndLease();
            throw;
        }
    }

    /// <summary>Of the session that answers fastest: the others may be waiting for a client.</summary>
    public TimeSpan? RoundTrip
    {
        get
        {
            lock (_lock)
                return _roster.Entries.Min(entry => entry.Session.RoundTrip);
        }
    }

    /// <summary>Called once by every lease.</summary>
    public void EndLease()
    {
        lock (_lock)
            _leases--;
    }

    public bool HasHeard(IPodSession asking, long since)
    {
        lock (_lock)
        {
            PooledSession[] others = [.. _roster.Entries.Where(entry => entry.Session != asking && entry.Session.IsUsable)];
            if (others.Any(entry => entry.Session.LastHeard >= since))
                return true;
            PooledSession[] willing = [.. others.Where(entry => !entry.Session.Load.IsStalled)];
            foreach (var other in willing)
                other.Session.Prod();

            // Also at the limit: without a witness all of them would be taken for dead.
            if (willing.Length == 0 && !_retired && _roster.Entries.Count <= SessionLimits.Hard && MayOpenUnasked)
                _roster.Open(claimed: false);
            return false;
        }
    }

    /// <summary>Closes sessions that have been idle for long, but one while somebody wants the pod warm.</summary>
    public async Task TrimAsync()
    {
        List<Task> closing = [];
        lock (_lock)
        {
            // One that stands still needs a witness.
            var keep = _leases > 0 || _roster.Entries.Any(entry => entry.Session.Load.IsStalled) ? 1 : 0;
            foreach (var entry in _roster.Entries.ToArray())
            {
                entry.IdleSince = entry.IsIdle ? entry.IdleSince ?? _time.GetTimestamp() : null;
                if (entry.IsEmpty && !(entry.IdleSince is { } since && (keep-- > 0 || (_leases > 0 && _time.GetElapsedTime(since) < IdleLifetime))))
                    closing.Add(_roster.Close(entry));
            }
        }

        await Task.WhenAll(closing);
        KeepWarm();
    }

    /// <summary>True once nobody needs the pod: from then on the pool may not be used.</summary>
    public bool TryRetire()
    {
        lock (_lock)
            return _retired = _retired || (_leases == 0 && _roster.IsEmpty);
    }

    public ValueTask DisposeAsync()
    {
        lock (_lock)
            _retired = true;
        return _roster.DisposeAsync();
    }

    private async ValueTask<PooledSession> ReserveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            SessionOpening? opening;
            lock (_lock)
            {
                ThrowIfRetired();
                if (TryReserve(share: !IsBelowCap || _roster.Throttle.IsClosed) is { } chosen)
                    return chosen;
                opening = ClaimOpening();
            }

            // Else one was closed to make room.
            if (opening is not null && await TryTakeAsync(opening, cancellationToken) is { } taken)
                return taken;
        }
    }

    // Under _lock.
    private PooledSession? TryReserve(bool share)
    {
        var chosen = SessionPolicy.Choose(_roster.Entries, share);
        if (chosen is not null)
            chosen.Reserved++;
        return chosen;
    }

    // Under _lock. What was begun to have one ready is the first that will be: the connection takes it, and waits no longer than for its own.
    private SessionOpening? ClaimOpening()
    {
        var opening = _roster.Underway.FirstOrDefault(other => !other.IsClaimed);
        if (opening is null && (IsBelowCap || !_roster.Underway.Any()))
        {
            // Room is made by the connection that has stood still for longest.
            if (!IsBelowHardLimit)
            {
                _ = _roster.Close(SessionPolicy.LongestStalled(_roster.Entries) ?? throw TooMany());
                return null;
            }

            opening = _roster.Open(claimed: true);
        }

        opening ??= _roster.Underway.First();
        opening.IsClaimed = true;
        return opening;
    }

    /// <returns>Null when another was quicker.</returns>
    private async ValueTask<PooledSession?> TryTakeAsync(SessionOpening opening, CancellationToken cancellationToken)
    {
        try
        {
            var opened = await opening.Task.WaitAsync(cancellationToken);
            lock (_lock)
            {
                // Several may have waited for it: the first has it for itself, the others look again.
                if (!opened.Session.IsUsable || opened.Reserved > 0 || opened.Session.Load.Busy > 0)
                    return null;
                opened.Reserved++;
                return opened;
            }
        }
        catch (ForwardException)
        {
            // A session of its own would have been better, but one to share is enough.
            lock (_lock)
            {
                if (!_retired && TryReserve(share: true) is { } shared)
                    return shared;
            }

            throw;
        }
    }

    // The next connection should find a session ready. Only while others prove that the server accepts them: if none does, that is the
    // forward's business.
    private void KeepWarm()
    {
        lock (_lock)
        {
            if (!_retired && _leases > 0 && IsBelowCap && IsBelowHardLimit && MayOpenUnasked
                && _roster.Entries.Any(entry => entry.Session.IsUsable) && !_roster.Entries.Any(entry => entry.IsIdle))
                _roster.Open(claimed: false);
        }
    }

    // Under _lock.
    private void ThrowIfRetired()
    {
        if (_retired)
            throw new ForwardException(new Fault(FaultKind.ConnectionLost, "The session to the pod was closed."));
    }

    private static ForwardException TooMany() => new(new Fault(
        FaultKind.Throttled, $"There are {SessionLimits.Hard} sessions to this pod, and none takes another connection."));
}
