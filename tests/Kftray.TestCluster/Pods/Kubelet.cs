using System.Collections.Concurrent;
using Kftray.Testing.Http;
using Kftray.Testing.Network;
using Kftray.Testing.Store;

namespace Kftray.Testing.Pods;

/// <summary>Runs the pods that the store says should run. Owns every <see cref="PodLifecycle"/>.</summary>
internal sealed class Kubelet(
    ObjectStore store,
    LoopbackAddresses addresses,
    BehaviourCatalog behaviours,
    PodResolver resolver,
    PodSurroundings surroundings,
    string runtime,
    TimeProvider time) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, PodLifecycle> _pods = new();

    /// <summary>For pods that start from now on.</summary>
    public PodTiming Timing { get; set; } = new();

    public IEnumerable<PodLifecycle> Pods => _pods.Values;

    /// <summary>The running pod of that uid; null before its start and after its end.</summary>
    public PodLifecycle? Find(string uid) => _pods.GetValueOrDefault(uid);

    public async Task RunAsync(CancellationToken stopping)
    {
        var seen = 0L;
        while (!stopping.IsCancellationRequested)
        {
            var changed = store.Changed.Next;
            seen = Follow(seen);
            foreach (var (uid, over) in _pods.Where(entry => entry.Value.IsOver))
            {
                _pods.TryRemove(uid, out _);
                await over.DisposeAsync();
            }

            try
            {
                await changed.WaitAsync(stopping);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pod in _pods.Values) pod.Kill();
        foreach (var pod in _pods.Values) await pod.DisposeAsync();
    }

    private long Follow(long seen)
    {
        try
        {
            var (events, revision) = store.EventsAfter(seen);
            foreach (var change in events.Where(change => change.Current.Kind == ResourceKinds.Pods)) Apply(change.Current, change.IsDeletion);
            return revision;
        }
        catch (ApiException)
        {
            // The beginning, or a compaction: take the present state instead.
            var (pods, revision) = store.List(ResourceKinds.Pods);
            foreach (var gone in _pods.Where(entry => pods.All(pod => pod.Uid != entry.Key))) gone.Value.Kill();
            foreach (var pod in pods) Apply(pod, isGone: false);
            return revision;
        }
    }

    private void Apply(StoredObject stored, bool isGone)
    {
        if (isGone)
        {
            Find(stored.Uid)?.Kill();
            return;
        }

        var content = stored.Read();
        if (!_pods.TryGetValue(stored.Uid, out var lifecycle))
        {
            var pod = new TestPod(stored, addresses.Next(), addresses.Next(), behaviours, surroundings.Catalog, resolver);
            _pods[stored.Uid] = lifecycle = new PodLifecycle(store, stored, pod, PodTiming.Of(content, Timing), runtime, surroundings, time);
        }

        if (content.Text("metadata", "deletionTimestamp") is not null)
            lifecycle.Terminate(TimeSpan.FromSeconds(content.Number("metadata", "deletionGracePeriodSeconds") ?? 0));
    }
}
