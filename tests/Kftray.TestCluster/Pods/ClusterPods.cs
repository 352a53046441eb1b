using Kftray.Testing.Controllers;
using Kftray.Testing.Store;

namespace Kftray.Testing.Pods;

/// <summary>The pods of a cluster in the words of a test.</summary>
public sealed class ClusterPods
{
    private readonly ObjectStore _store;
    private readonly Kubelet _kubelet;
    private readonly Deletion _deletion;

    internal ClusterPods(ObjectStore store, Kubelet kubelet, Deletion deletion) => (_store, _kubelet, _deletion) = (store, kubelet, deletion);

    /// <summary>How long things take for pods that start from now on.</summary>
    public PodTiming Timing
    {
        get => _kubelet.Timing;
        set => _kubelet.Timing = value;
    }

    /// <summary>The running pod of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none, or it has not begun to start.</exception>
    public TestPod this[string @namespace, string name] => Lifecycle(@namespace, name).Pod;

    /// <summary>The pods with these labels, ready and not being deleted, ordered by name.</summary>
    /// <param name="selector">A label selector as kubectl takes it: <c>app=web</c>.</param>
    public IReadOnlyList<TestPod> Ready(string @namespace, string selector)
    {
        var selection = Selection.Parse(selector, null);
        return
        [
            .. _store.List(ResourceKinds.Pods, @namespace).Items.Where(selection.Matches).Select(pod => new PodView(pod))
                .Where(pod => pod.IsReady && !pod.IsTerminating)
                .Select(pod => _kubelet.Find(pod.Stored.Uid)?.Pod).OfType<TestPod>(),
        ];
    }

    /// <summary>Waits until at least so many pods with these labels are ready.</summary>
    public async Task<IReadOnlyList<TestPod>> WaitReadyAsync(string @namespace, string selector, CancellationToken cancellationToken, int count = 1)
    {
        IReadOnlyList<TestPod> ready = [];
        await _store.Changed.UntilAsync(() => (ready = Ready(@namespace, selector)).Count >= count, cancellationToken);
        return ready;
    }

    /// <summary>Waits until the condition holds; it is asked after every change in the cluster.</summary>
    public Task WaitAsync(Func<ClusterPods, bool> condition, CancellationToken cancellationToken) =>
        _store.Changed.UntilAsync(() => condition(this), cancellationToken);

    /// <summary>Waits until the pod of that name is ready.</summary>
    public async Task<TestPod> WaitReadyByNameAsync(string @namespace, string name, CancellationToken cancellationToken)
    {
        TestPod? found = null;
        await _store.Changed.UntilAsync(
            () => _store.Find(ResourceKinds.Pods, @namespace, name) is { } stored
                && new PodView(stored) is { IsReady: true, IsTerminating: false }
                && (found = _kubelet.Find(stored.Uid)?.Pod) is not null,
            cancellationToken);
        return found!;
    }

    /// <summary>Asks for the deletion, as <c>kubectl delete pod --wait=false</c>.</summary>
    /// <param name="graceSeconds">Null: what the pod says; 0: gone at once.</param>
    public void Delete(string @namespace, string name, int? graceSeconds = null) =>
        _deletion.Delete(ResourceKinds.Pods, @namespace, name, new DeletionOptions(graceSeconds));

    public void Delete(TestPod pod, int? graceSeconds = null) => Delete(pod.Namespace, pod.Name, graceSeconds);

    /// <summary>Waits until this very pod is gone from the API.</summary>
    public Task WaitGoneAsync(TestPod pod, CancellationToken cancellationToken) =>
        _store.Changed.UntilAsync(() => _store.Find(ResourceKinds.Pods, pod.Namespace, pod.Name)?.Uid != pod.Uid, cancellationToken);

    /// <summary>Its containers end and are started again after the restart delay.</summary>
    public void Crash(string @namespace, string name, bool byReset = true) => Lifecycle(@namespace, name).Crash(byReset);

    /// <summary>What the API says about its readiness, whatever its applications do.</summary>
    public void SetReady(string @namespace, string name, bool isReady) => Lifecycle(@namespace, name).SetReady(isReady);

    private PodLifecycle Lifecycle(string @namespace, string name) =>
        _store.Find(ResourceKinds.Pods, @namespace, name) is { } stored && _kubelet.Find(stored.Uid) is { } lifecycle
            ? lifecycle
            : throw new KeyNotFoundException($"There is no running pod \"{name}\" in the namespace \"{@namespace}\".");
}
