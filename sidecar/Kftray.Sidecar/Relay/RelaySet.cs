using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Relay;

/// <summary>Owns the relays of this process: one for each cluster and request, for as long as a forward wants it and a moment longer.</summary>
internal sealed class RelaySet(RelayOwner owner, TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    /// <summary>A forward that is restarted or edited finds its relay where it was.</summary>
    internal static readonly TimeSpan Linger = TimeSpan.FromSeconds(5);

    /// <summary>By then the forwards of a workspace have adopted what an earlier run has left for them.</summary>
    internal static readonly TimeSpan SweepDelay = TimeSpan.FromSeconds(15);

    private readonly ILogger _logger = loggers.CreateLogger<RelaySet>();
    private readonly RelayStore _store = new(owner, time, loggers.CreateLogger<RelaySet>());
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskSet _tasks = new();
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly Dictionary<(Cluster, RelayRequest), Wanted> _wanted = [];
    private readonly HashSet<(Cluster, string Namespace)> _swept = [];

    public RelayOwner Owner => owner;

    public RelayStore Store => _store;

    /// <summary>A relay for this request, shared with everybody who has asked for the same.</summary>
    public RelayLease Open(Cluster cluster, RelayRequest request)
    {
        lock (_lock)
        {
            if (!_wanted.TryGetValue((cluster, request), out var wanted))
            {
                wanted = new Wanted(new RelayJob(cluster, request, _store, time, _logger), CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token));
                _wanted.Add((cluster, request), wanted);
                wanted.Running = Task.Run(() => wanted.Job.RunAsync(wanted.Stopping.Token));
                _tasks.Add(wanted.Running);
                if (_swept.Add((cluster, request.Namespace)))
                    _tasks.Add(SweepAsync(cluster, request.Namespace));
            }

            wanted.Leases++;
            return new RelayLease(wanted.Job, () => Release((cluster, request), wanted));
        }
    }

    /// <summary>Where relays of this process are, or were a moment ago.</summary>
    public IReadOnlyList<(string Context, string Namespace)> Places
    {
        get
        {
            lock (_lock)
                return [.. _swept.Select(place => (place.Item1.Context.Name, place.Namespace))];
        }
    }

    /// <summary>The job of this process with that uid, if a forward uses it.</summary>
    public bool IsInUse(string uid)
    {
        lock (_lock)
            return _wanted.Values.Any(wanted => wanted.Job.Job?.Uid == uid);
    }

    /// <summary>Removes every relay of this process from its cluster, as far as that is possible in a second or so.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _tasks.WhenEmptyAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Release((Cluster, RelayRequest) key, Wanted wanted)
    {
        lock (_lock)
        {
            if (--wanted.Leases == 0 && !_stopping.IsCancellationRequested)
                _tasks.Add(EndLaterAsync(key, wanted));
        }
    }

    private async Task EndLaterAsync((Cluster, RelayRequest) key, Wanted wanted)
    {
        await Task.Delay(Linger, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            if (wanted.Leases > 0 || !_wanted.TryGetValue(key, out var current) || current != wanted)
                return;
            _wanted.Remove(key);
        }

        await wanted.Stopping.CancelAsync();
        await wanted.Running;
        wanted.Stopping.Dispose();
    }

    // Once after the start and once at the end.
    private async Task SweepAsync(Cluster cluster, string ns)
    {
        foreach (var delay in (TimeSpan[])[SweepDelay, Timeout.InfiniteTimeSpan])
        {
            await Task.Delay(delay, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _store.SweepAsync(cluster, ns, IsWanted);
            if (_stopping.IsCancellationRequested)
                return;
        }

        bool IsWanted(string target)
        {
            lock (_lock)
                return _wanted.Keys.Any(key => key.Item1 == cluster && key.Item2.Namespace == ns && key.Item2.TargetHash == target);
        }
    }

    private sealed class Wanted(RelayJob job, CancellationTokenSource stopping)
    {
        public RelayJob Job => job;

        public CancellationTokenSource Stopping => stopping;

        public Task Running { get; set; } = Task.CompletedTask;

        // Guarded by the lock of the set.
        public int Leases { get; set; }
    }
}

/// <summary>One forward's hold on a relay.</summary>
internal sealed class RelayLease(RelayJob job, Action release) : IDisposable
{
    private int _released;

    public LatestValue<Resolution?>.Version Current => job.Current;

    public LatestValue<string?>.Version Warning => job.Warning;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _released, 1) == 0)
            release();
    }
}
