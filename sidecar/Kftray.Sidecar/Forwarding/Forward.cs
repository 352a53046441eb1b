using Kftray.Sidecar.Contract;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Forwarding;

/// <summary>
/// One forward. <see cref="RunAsync"/> is its state machine: the order in which it acquires is the order in which it cleans up, and the
/// state is the trace that it publishes.
/// </summary>
internal sealed class Forward
{
    private static readonly TimeSpan BusyPortInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RefusedPortInterval = TimeSpan.FromSeconds(30);

    private readonly ForwardDependencies _dependencies;
    private readonly ForwardFeed _feed;
    private readonly ILogger _logger;
    private readonly TargetSlot _slot = new();
    private readonly TrafficCounter _traffic;
    private readonly Lock _lock = new();

    // Guarded by _lock. The state is written by Publish only.
    private ForwardSpec _spec;
    private ForwardState _state = new ForwardState.Stopped();
    private DateTimeOffset _since;
    private Resolution? _resolution;
    private int _localPort;
    private ILocalEndpoint? _endpoint;
    private readonly ReconnectHistory _reconnects = new();
    private string? _previousId;
    private readonly RetryPulse _retry = new();

    // Set by the set that owns this forward, never concurrently.
    private CancellationTokenSource? _stopping;
    private Task _running = Task.CompletedTask;

    public Forward(ForwardSpec spec, ForwardDependencies dependencies, ForwardFeed feed)
    {
        _spec = spec;
        _dependencies = dependencies;
        _feed = feed;
        _logger = dependencies.Loggers.CreateLogger<Forward>();
        _traffic = new TrafficCounter(() => feed.MarkTraffic(this));
        _since = dependencies.Time.GetUtcNow();
    }

    public ForwardSpec Spec
    {
        get
        {
            lock (_lock)
                return _spec;
        }
    }

    public bool IsRunning => _stopping is not null;

    /// <summary>Takes over what changed without touching the route: name, limits, place in the file.</summary>
    public void Update(ForwardSpec spec)
    {
        lock (_lock)
        {
            if (_spec == spec)
                return;
            if (_spec.Id != spec.Id)
                _previousId = _spec.Id;
            _spec = spec;
        }

        _feed.MarkChanged(this);
    }

    public void Start()
    {
        if (_stopping is not null)
            return;
        _stopping = new CancellationTokenSource();
        _running = RunAsync(_stopping.Token);
    }

    /// <summary>Closes the listener and every connection; completes when nothing of the forward is left.</summary>
    public async Task StopAsync()
    {
        if (_stopping is null)
            return;
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
        _stopping = null;
        Publish(new ForwardState.Stopped());
    }

    /// <summary>Ends the present wait, if there is one.</summary>
    public void Retry() => _retry.Fire();

    /// <summary>What is known now.</summary>
    /// <param name="handOutPreviousId">True for the one consumer that acts on a rename: it is told of it once.</param>
    public ForwardSnapshot TakeSnapshot(bool handOutPreviousId)
    {
        var traffic = _traffic.Read();
        lock (_lock)
        {
            var snapshot = SnapshotBuilder.Build(_spec, _state, _resolution) with
            {
                PreviousId = handOutPreviousId ? _previousId : null,
                Since = _since,
                LocalPort = _localPort == 0 ? _spec.LocalPort : _localPort,
                ConfiguredLocalPort = _localPort != 0 && _localPort != _spec.LocalPort ? _spec.LocalPort : null,
                Reconnects = _reconnects.Count,
                ReconnectCauses = _reconnects.Causes,
                Traffic = traffic with { DroppedDatagrams = Dropped },
            };
            if (handOutPreviousId)
                _previousId = null;
            return snapshot;
        }
    }

    // Under _lock.
    private long Dropped => (_endpoint?.Dropped ?? 0) + (_state is ForwardState.Active active ? active.Pods[0].Dialer.Dropped : 0);

    private async Task RunAsync(CancellationToken stopping)
    {
        lock (_lock)
            _reconnects.Clear();
        try
        {
            if (Spec.Blocked is { } blocked)
            {
                Publish(new ForwardState.Blocked(blocked));
                await Task.Delay(Timeout.InfiniteTimeSpan, _dependencies.Time, stopping);
            }

            // Published before Start returns: whoever looks next sees that the forward is wanted.
            Publish(new ForwardState.Starting());
            await Task.Yield();

            // Bound before the first resolve: a port in use must show at once, not after the cluster answers.
            await using var endpoint = await BindAsync(stopping);
            using var accepting = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            var connections = AcceptAsync(endpoint, accepting.Token);
            var tracking = TrackTargetAsync(accepting.Token);

            // Neither ends by itself: if one does, it is by an error, and the other must not go on as if nothing had happened.
            await Task.WhenAny(connections, tracking);
            await accepting.CancelAsync();
            await AwaitBothAsync(tracking, connections);
            stopping.ThrowIfCancellationRequested();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Stopped: everything above has been released on the way here.
            _logger.ForwardStopped(Spec.Id);
        }
        catch (Exception e)
        {
            // Containment: an error nobody foresaw ends this forward and no other.
            _logger.ForwardFaulted(Spec.Id, e);
            Publish(new ForwardState.Failed(new Fault(FaultKind.Unknown, "An unexpected error ended the forward.", "Restart it; the log has the details.")));
        }
        finally
        {
            _slot.Clear();
            lock (_lock)
            {
                _localPort = 0;
                _endpoint = null;
                _resolution = null;
            }
        }
    }

    private async Task<ILocalEndpoint> BindAsync(CancellationToken stopping)
    {
        var refusal = new BindRefusal(_dependencies.Binder, _dependencies.Time);
        while (true)
        {
            try
            {
                var endpoint = _dependencies.Binder.Bind(Spec);
                lock (_lock)
                {
                    _localPort = endpoint.LocalEndPoint.Port;
                    _endpoint = endpoint;
                    if (_state is ForwardState.Starting)
                        return endpoint;
                }

                Publish(new ForwardState.Starting());
                return endpoint;
            }
            catch (ForwardException e)
            {
                Publish(new ForwardState.Failed(await refusal.ExplainAsync(Spec, e.Fault, stopping)));
                var interval = e.Fault.Kind == FaultKind.PortInUse ? BusyPortInterval : RefusedPortInterval;
                await WaitForRetryAsync(interval, stopping);
            }
        }
    }

    // Owns the connections: returns when the last one has ended.
    private async Task AcceptAsync(ILocalEndpoint endpoint, CancellationToken stopping)
    {
        var connections = new TaskSet();
        try
        {
            while (true)
            {
                var client = await endpoint.AcceptAsync(stopping);
                var connection = new ForwardedConnection(client, _slot, () => Spec, _traffic, _dependencies.Time, _logger);
                connections.Add(connection.RunAsync(stopping));
            }
        }
        finally
        {
            // The connections see the same token; the listener may have broken, and what it has accepted goes on until then.
            await connections.WhenEmptyAsync();
        }
    }

    // Both to their ends, then the error of either; a cancellation is what ended the other one.
    private static async Task AwaitBothAsync(Task first, Task second)
    {
        await Task.WhenAll(first, second).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var task in (Task[])[first, second])
        {
            if (task.IsFaulted)
                await task;
        }
    }

    /// <summary>Follows the resolver, and keeps the slot filled with pods that can be reached.</summary>
    private async Task TrackTargetAsync(CancellationToken stopping)
    {
        using var tracking = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var resolutions = new LatestValue<Resolution?>(null);
        var resolving = FollowResolverAsync(resolutions, tracking.Token);
        var conclusions = new TargetTracker(
            _slot, _dependencies.Time, () => Spec, Publish, () => _retry.Next, fault => _dependencies.Resolver.Doubt(Spec, fault))
            .RunAsync(resolutions, tracking.Token);
        await Task.WhenAny(resolving, conclusions);
        await tracking.CancelAsync();
        await AwaitBothAsync(resolving, conclusions);
        stopping.ThrowIfCancellationRequested();
    }

    private async Task FollowResolverAsync(LatestValue<Resolution?> resolutions, CancellationToken stopping)
    {
        try
        {
            await foreach (var resolution in _dependencies.Resolver.ResolveAsync(Spec, stopping))
            {
                lock (_lock)
                    _resolution = resolution;
                resolutions.Publish(resolution);
            }

            stopping.ThrowIfCancellationRequested();
            throw new InvalidOperationException("The resolver ended by itself.");
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            _logger.ResolverStopped(Spec.Id);
        }
    }

    private async Task WaitForRetryAsync(TimeSpan interval, CancellationToken stopping)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var retry = _retry.Next;
        await Task.WhenAny(Task.Delay(interval, _dependencies.Time, waiting.Token), retry);
        await waiting.CancelAsync();
        stopping.ThrowIfCancellationRequested();
    }

    private void Publish(ForwardState state)
    {
        lock (_lock)
        {
            var previous = _state;
            if (!ForwardStateMoves.Allows(previous.Status, state.Status))
                throw new InvalidOperationException($"A forward cannot go from {previous.Status} to {state.Status}.");
            if (previous == state)
                return;
            _state = state;
            if (previous.Status != state.Status)
                _since = _dependencies.Time.GetUtcNow();
            if (previous is ForwardState.Active && state is ForwardState.Reconnecting lost)
                _reconnects.Add(lost.Fault, _since);
            _logger.StateReached(_spec.Id, previous, state);
        }

        _feed.MarkChanged(this);
    }
}
