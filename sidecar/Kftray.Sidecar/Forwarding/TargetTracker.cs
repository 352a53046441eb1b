using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Forwarding;

/// <summary>
/// Draws the conclusions for one forward: which of the resolved pods to offer, whether they can be reached, and what to wait for when not.
/// </summary>
/// <param name="publish">Receives each state.</param>
/// <param name="retryRequested">Completes when the user asks for the next attempt now.</param>
/// <param name="doubt">Told when the resolver's answer led nowhere, or when connections wait for another.</param>
internal sealed class TargetTracker(
    TargetSlot slot, TimeProvider time, Func<ForwardSpec> spec, Action<ForwardState> publish, Func<Task> retryRequested, Action<Fault?> doubt)
{
    // A stream that is refused says so within a round trip or two.
    private static readonly TimeSpan Probation = TimeSpan.FromSeconds(1);

    // Active for this long, a forward begins the next streak of failures from the shortest delay.
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(10);

    // How often it is looked whether pings have become slower or faster.
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(5);

    // While connections wait for something to happen, whether it has not happened unnoticed is checked this often.
    private static readonly TimeSpan Impatience = TimeSpan.FromSeconds(3);

    // A pod that failed is offered again no earlier than this, even if the cluster still calls it ready.
    private readonly Dictionary<PodTarget, Exclusion> _excluded = [];

    // Refused connections, had their time out, and were not proven since: offered, but not called active before they had time to refuse again.
    // What failed before a session was there needs no such time: the next session is the proof.
    private readonly HashSet<PodTarget> _onProbation = [];
    private ISessionLease? _lease;
    private PodTarget? _leased;
    private bool _warned;
    private TimeSpan? _roundTrip;
    private int _attempt;
    private long _streakBegan;
    private long? _activeSince;

    public async Task RunAsync(LatestValue<Resolution?> resolutions, CancellationToken stopping)
    {
        try
        {
            while (true)
                await StepAsync(resolutions, stopping);
        }
        finally
        {
            slot.Clear();
            await ReleaseAsync();
        }
    }

    private async Task StepAsync(LatestValue<Resolution?> resolutions, CancellationToken stopping)
    {
        var current = resolutions.Current;
        var (resolution, changed) = (current.Value, current.Superseded);
        foreach (var failure in slot.TakeReports())
            Exclude(failure);

        switch (resolution)
        {
            case null:
                await WaitAsync(changed, stopping);
                break;

            case Resolution.Unavailable unavailable:
                EndStreakIfStable();
                slot.Clear();
                await ReleaseAsync();
                _excluded.Clear();
                publish(new ForwardState.Reconnecting(unavailable.Fault, _attempt, unavailable.WaitingFor, unavailable.NextAttemptAt));
                await WaitAsync(changed, stopping, unavailable.WaitingFor == WaitingFor.Event ? Impatience : null);
                if (slot.HasWaiters && !changed.IsCompleted)
                    doubt(null);
                break;

            case Resolution.Ready ready:
                // What was in the way of the cluster's answers is over, and with it what was in the way of the sessions.
                if (_warned && ready.Warning is null)
                    _excluded.Clear();
                _warned = ready.Warning is not null;
                await ServeAsync(ready.Pods, changed, stopping);
                break;

            default:
                throw new InvalidOperationException($"Unknown resolution {resolution.GetType().Name}.");
        }
    }

    private async Task ServeAsync(IReadOnlyList<PodTarget> pods, Task changed, CancellationToken stopping)
    {
        Forgive(pods);
        // The one that serves stays the first: another that failed before it and is forgiven takes no connections away from it.
        PodTarget[] usable = [.. pods.Where(pod => !_excluded.ContainsKey(pod)).OrderBy(pod => pod != _leased)];
        if (usable.Length == 0)
        {
            slot.Clear();
            var (next, last) = _excluded.Values.MinBy(exclusion => exclusion.Until)!;
            publish(new ForwardState.Reconnecting(last, _attempt, WaitingFor.Time, next));
            await WaitAsync(changed, stopping, UntilForgiven());
            return;
        }

        // Offered before it is proven: a connection that waits may as well be the proof.
        slot.Offer(usable);
        try
        {
            if (!await WarmAsync(usable[0], changed, stopping))
                return;
        }
        catch (ForwardException e)
        {
            slot.Report(usable[0], e.Fault, e.RetryAfter);
            return;
        }

        if (_onProbation.Contains(usable[0]))
            await WaitAsync(changed, stopping, Probation);

        // A connection may have found out otherwise in the meantime.
        if (slot.Reported.IsCompleted || changed.IsCompleted)
            return;
        _onProbation.Clear();
        _activeSince ??= time.GetTimestamp();
        publish(new ForwardState.Active(usable, NotableRoundTrip()));
        await WaitAsync(changed, stopping, UntilForgiven() is { } left && left < PingInterval ? left : PingInterval, watchLease: true);
    }

    /// <summary>The last one that was worth a word: jitter is not news.</summary>
    private TimeSpan? NotableRoundTrip()
    {
        if (_lease?.RoundTrip is { } now && (_roundTrip is not { } known || (now - known).Duration() > TimeSpan.FromMilliseconds(2) + (known / 4)))
            _roundTrip = now;
        return _roundTrip;
    }

    /// <summary>To the end of the first exclusion; null when there is none.</summary>
    private TimeSpan? UntilForgiven()
    {
        if (_excluded.Count == 0)
            return null;
        var left = _excluded.Values.Min(exclusion => exclusion.Until) - time.GetUtcNow();
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <returns>False when the resolver had another answer before the session was there: a dead node takes long to say nothing.</returns>
    private async Task<bool> WarmAsync(PodTarget target, Task changed, CancellationToken stopping)
    {
        if (_lease is { Lost.IsCompleted: false } && _leased == target)
            return true;
        await ReleaseAsync();
        using var outdated = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var warming = target.Dialer.WarmAsync(target, outdated.Token).AsTask();
        await Task.WhenAny(warming, changed);
        if (!warming.IsCompleted)
            await outdated.CancelAsync();
        try
        {
            _lease = await warming;
            _leased = target;
            return true;
        }
        catch (OperationCanceledException) when (outdated.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task WaitAsync(Task changed, CancellationToken stopping, TimeSpan? timeout = null, bool watchLease = false)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var retry = retryRequested();
        List<Task> wakers = [changed, slot.Reported, retry, Task.Delay(timeout ?? Timeout.InfiniteTimeSpan, time, waiting.Token)];
        if (watchLease && _lease is not null)
            wakers.Add(_lease.Lost);
        await Task.WhenAny(wakers);
        await waiting.CancelAsync();
        stopping.ThrowIfCancellationRequested();

        if (retry.IsCompleted)
            _excluded.Clear();
        if (watchLease && _lease is { Lost: { IsCompleted: true } lost })
        {
            EndStreakIfStable();

            // One free try: an API server that restarts has usually closed the session before it stops to accept others.
            var fault = await lost;
            doubt(fault);
            publish(new ForwardState.Reconnecting(fault, _attempt, WaitingFor.Time, time.GetUtcNow()));
            await ReleaseAsync();
        }
    }

    private void Exclude(DialFailure failure)
    {
        doubt(failure.Fault);
        EndStreakIfStable();
        _activeSince = null;
        if (_attempt++ == 0)
            _streakBegan = time.GetTimestamp();
        var delay = ReconnectPolicy.Delay(_attempt, time.GetElapsedTime(_streakBegan), spec().ReconnectMaxDelay, Random.Shared.NextDouble());
        _excluded[failure.Target] = new Exclusion(time.GetUtcNow() + (failure.RetryAfter ?? TimeSpan.Zero) + delay, failure.Fault);
    }

    private void EndStreakIfStable()
    {
        if (_activeSince is { } since && time.GetElapsedTime(since) >= StableAfter)
            _attempt = 0;
    }

    // Pods that left the resolution are forgotten, those whose time is over get another chance.
    private void Forgive(IReadOnlyList<PodTarget> pods)
    {
        var now = time.GetUtcNow();
        foreach (var (target, exclusion) in _excluded)
        {
            var isOver = exclusion.Until <= now;
            if (!isOver && pods.Contains(target))
                continue;
            _excluded.Remove(target);
            if (isOver && exclusion.Fault.Kind == FaultKind.ConnectionRefused)
                _onProbation.Add(target);
        }
    }

    private async Task ReleaseAsync()
    {
        if (_lease is { } lease)
            await lease.DisposeAsync();
        (_lease, _leased, _roundTrip) = (null, null, null);
    }

    private sealed record Exclusion(DateTimeOffset Until, Fault Fault);
}
