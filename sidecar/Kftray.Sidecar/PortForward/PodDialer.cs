using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.PortForward;

/// <summary>Opens streams to the pods of one cluster, through a pool of sessions for each pod. Owns the pools.</summary>
internal sealed class PodDialer : IPodDialer, IAsyncDisposable
{
    private static readonly TimeSpan TrimInterval = TimeSpan.FromSeconds(10);

    // What a pod said before it ended, and why its node refused what came after that, may still be on its way.
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly SessionLimits _limits;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TransportChooser _transports;
    private readonly Lock _lock = new();
    private readonly Dictionary<PodKey, SessionPool> _pools = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskSet _abandoning = new();
    private readonly Task _trimming;

    public PodDialer(IApiServer server, SessionLimits limits, TimeProvider time, ILoggerFactory loggers)
    {
        _limits = limits;
        _time = time;
        _logger = loggers.CreateLogger<PodDialer>();
        _transports = new TransportChooser(server, time, _logger);
        _trimming = TrimAsync(_stopping.Token);
    }

    public string? Transport => _transports.Chosen;

    public ValueTask<ISessionLease> WarmAsync(PodTarget target, CancellationToken cancellationToken) =>
        OnPoolAsync(target, pool => pool.WarmAsync(cancellationToken));

    public async ValueTask<IPodStream> DialAsync(
        PodTarget target, ReadOnlyMemory<byte> firstBytes, TimeSpan halfCloseGrace, CancellationToken cancellationToken) =>
        await OnPoolAsync(target, pool => pool.OpenStreamAsync(target.Port, firstBytes, halfCloseGrace, cancellationToken));

    public void Abandon(string @namespace, string pod, string uid)
    {
        var key = new PodKey(@namespace, pod, uid);
        lock (_lock)
        {
            if (_pools.ContainsKey(key) && !_stopping.IsCancellationRequested)
                _abandoning.Add(AbandonAsync(key, _stopping.Token));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _abandoning.WhenEmptyAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _trimming.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        SessionPool[] pools;
        lock (_lock)
            pools = [.. _pools.Values];
        await Task.WhenAll(pools.Select(pool => pool.DisposeAsync().AsTask()));
        _stopping.Dispose();
    }

    private async ValueTask<T> OnPoolAsync<T>(PodTarget target, Func<SessionPool, ValueTask<T>> use)
    {
        while (true)
        {
            var pool = PoolOf(target);
            try
            {
                return await use(pool);
            }
            catch (ForwardException) when (pool.IsRetired && !_stopping.IsCancellationRequested)
            {
                // Retired between the look and the use: take the next one.
            }
        }
    }

    private SessionPool PoolOf(PodTarget target)
    {
        var key = new PodKey(target.Namespace, target.Name, target.Uid);
        lock (_lock)
        {
            // The kubeconfig leads elsewhere now; the resolver is about to say where.
            if (_stopping.IsCancellationRequested)
                throw new ForwardException(new Fault(FaultKind.ConnectionLost, "The connection to the cluster was closed."));
            if (!_pools.TryGetValue(key, out var pool))
            {
                pool = new SessionPool((witness, stopping) => OpenSessionAsync(key, witness, stopping), _limits, _time);
                _pools.Add(key, pool);
            }

            return pool;
        }
    }

    private async Task<IPodSession> OpenSessionAsync(PodKey pod, IPathWitness witness, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var session = await _transports.OpenAsync(pod.Namespace, pod.Name, witness, cancellationToken);
        _logger.SessionOpened(pod.Namespace, pod.Name, _transports.Chosen ?? "?", (long)_time.GetElapsedTime(started).TotalMilliseconds);
        return session;
    }

    // A node that has vanished with its pod ends nothing by itself.
    private async Task AbandonAsync(PodKey key, CancellationToken stopping)
    {
        await Task.Delay(LastWords, _time, stopping);
        SessionPool? pool;
        lock (_lock)
            _pools.Remove(key, out pool);
        if (pool is not null)
            await pool.DisposeAsync();
    }

    // Retires idle sessions, and forgets the pools of pods that nobody needs any more.
    private async Task TrimAsync(CancellationToken stopping)
    {
        while (true)
        {
            await Task.Delay(TrimInterval, _time, stopping);
            KeyValuePair<PodKey, SessionPool>[] pools;
            lock (_lock)
                pools = [.. _pools];
            foreach (var (key, pool) in pools)
            {
                await pool.TrimAsync();
                lock (_lock)
                {
                    if (!pool.TryRetire())
                        continue;
                    _pools.Remove(key);
                }

                await pool.DisposeAsync();
            }
        }
    }

    private readonly record struct PodKey(string Namespace, string Name, string Uid);
}
