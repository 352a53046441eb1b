using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Kubernetes.Watching;

namespace Kftray.Sidecar.Targets;

/// <summary>
/// A view that tells a missing namespace from a missing object: to a list, both are nothing. Asks only when something was not found,
/// and does without the answer where the user may not ask.
/// </summary>
internal sealed class NamespaceAwareView(ITargetView inner, Cluster cluster, string context, string ns) : ITargetView
{
    private readonly TaskSet _closing = new();
    private TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Held only while something is missing: a namespace can be followed by asking again and again only.
    private WatchLease<NamespaceInfo>? _lease;
    private WatchState<NamespaceInfo> _state = WatchState<NamespaceInfo>.Unknown;

    public IReadOnlyList<Task> Refresh()
    {
        var superseded = inner.Refresh();
        if (_lease is null)
            return [.. superseded, _asked.Task];
        var current = _lease.Current;
        _state = current.Value;
        return [.. superseded, current.Superseded];
    }

    public Resolution? Resolve()
    {
        var resolution = inner.Resolve();
        if (resolution is not Resolution.Unavailable { Fault.Kind: FaultKind.ServiceNotFound or FaultKind.PodNotFound })
        {
            Release();
            return resolution;
        }

        if (_lease is null)
        {
            _lease = cluster.Poll(ResourceKinds.Namespaces, ns, ns);
            _asked.TrySetResult();
            return null;
        }

        return _state switch
        {
            { IsKnown: true } => _state.Items.ContainsKey(ns) ? resolution : TargetFaults.NoNamespace(ns, context),
            { Trouble: not null } => resolution,
            _ => null,
        };
    }

    public async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        Release();
        await _closing.WhenEmptyAsync();
    }

    private void Release()
    {
        if (_lease is null)
            return;
        _closing.Add(_lease.DisposeAsync().AsTask());
        (_lease, _state) = (null, WatchState<NamespaceInfo>.Unknown);
        _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
