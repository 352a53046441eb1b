using Kftray.Sidecar.Forwarding;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Kubernetes.Watching;

/// <summary>The watches of one cluster: one for each kind and namespace however many need it, running while somebody does.</summary>
/// <param name="gone">Told of each object that is not there any more.</param>
internal sealed class SharedWatches(
    ApiReader api, RetryPulse pulse, Action<IResource> gone, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Kind, string Namespace, string? Item), Shared> _running = [];
    private bool _disposed;

    /// <param name="item">Name of the one object to poll; null to watch all of the namespace.</param>
    public WatchLease<T> Open<T>(ResourceKind<T> kind, string ns, string? item = null)
        where T : IResource
    {
        var key = (kind.Plural, ns, item);
        lock (_gate)
        {
            if (!_running.TryGetValue(key, out var shared))
            {
                WatchSource<T> source = item is null
                    ? new Reflector<T>(kind, ns, api, pulse, item => gone(item), SilenceCheckOf(kind, ns), time, logger)
                    : new ItemPoller<T>(kind, ns, item, api, pulse, time, logger);
                shared = new(source, source.Doubt, new CancellationTokenSource());
                // A disposed cluster answers nothing any more; whoever still holds it is about to learn of the next one.
                shared.Running = _disposed ? Task.CompletedTask : Task.Run(() => source.RunAsync(shared.Stopping.Token));
                if (!_disposed)
                    _running.Add(key, shared);
            }

            shared.Readers++;
            return new((WatchSource<T>)shared.Source, () => CloseAsync(key, shared));
        }
    }

    /// <summary>What is known of this namespace may be old.</summary>
    public void Doubt(string ns)
    {
        Shared[] doubted;
        lock (_gate)
            doubted = [.. _running.Where(pair => pair.Key.Namespace == ns).Select(pair => pair.Value)];
        foreach (var shared in doubted)
            shared.Doubt();
    }

    // Pods tell on all: a gateway that keeps one watch back keeps the others back, too, and one question a namespace is enough.
    private SilenceCheck<T>? SilenceCheckOf<T>(ResourceKind<T> kind, string ns)
        where T : IResource =>
        kind.Plural == ResourceKinds.Pods.Plural ? new(kind, ns, api, () => Doubt(ns), time, logger) : null;

    public async ValueTask DisposeAsync()
    {
        Shared[] running;
        lock (_gate)
        {
            _disposed = true;
            running = [.. _running.Values];
            _running.Clear();
        }

        await Task.WhenAll(running.Select(StopAsync));
    }

    private async ValueTask CloseAsync((string, string, string?) key, Shared shared)
    {
        lock (_gate)
        {
            if (--shared.Readers > 0 || !_running.TryGetValue(key, out var current) || current != shared)
                return;
            _running.Remove(key);
        }

        await StopAsync(shared);
    }

    private static async Task StopAsync(Shared shared)
    {
        await shared.Stopping.CancelAsync();
        await shared.Running;
        shared.Stopping.Dispose();
    }

    private sealed class Shared(object source, Action doubt, CancellationTokenSource stopping)
    {
        public object Source { get; } = source;

        public Action Doubt { get; } = doubt;

        public CancellationTokenSource Stopping { get; } = stopping;

        public Task Running { get; set; } = Task.CompletedTask;

        // Guarded by the gate.
        public int Readers { get; set; }
    }
}

/// <summary>One reader's hold on a shared watch.</summary>
internal sealed class WatchLease<T>(WatchSource<T> source, Func<ValueTask> close) : IAsyncDisposable
{
    private int _closed;

    public LatestValue<WatchState<T>>.Version Current => source.Current;

    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _closed, 1) == 0 ? close() : ValueTask.CompletedTask;
}
