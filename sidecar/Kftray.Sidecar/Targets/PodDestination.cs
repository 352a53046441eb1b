using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Relay;

namespace Kftray.Sidecar.Targets;

/// <summary>A pod's datagrams: the address of the pod. One of several stays the one for as long as it is ready.</summary>
internal sealed class PodDestination : IDestination
{
    private readonly ForwardSpec _spec;
    private readonly string _ns;
    private readonly WatchedResource<PodInfo> _pods;
    private string? _chosen;

    public PodDestination(ForwardSpec spec, Cluster cluster, string ns)
    {
        (_spec, _ns) = (spec, ns);
        _pods = new(cluster, ResourceKinds.Pods, ns, spec.Service);
    }

    public string? Warning => _pods.Warning;

    /// <param name="chosen">Uid of the one that was chosen before.</param>
    /// <returns>A ready pod with an address; null when there is none.</returns>
    public static PodInfo? Choose(IEnumerable<PodInfo> pods, string? chosen) => pods
        .Where(pod => pod is { IsReady: true, IsTerminating: false, Address: not null })
        .OrderBy(pod => pod.Uid != chosen).ThenBy(pod => pod.Name, StringComparer.Ordinal).FirstOrDefault();

    public IReadOnlyList<Task> Refresh()
    {
        var superseded = new List<Task>();
        _pods.Refresh(superseded);
        return superseded;
    }

    public (RelayDestination? Found, Resolution.Unavailable? Fault) Resolve()
    {
        if (TargetFaults.Unavailable(_pods.State) is { } unavailable)
            return (null, unavailable);
        if (!_pods.State.IsKnown)
            return (null, null);

        var (pods, whose) = Find();
        if (pods.Count == 0)
            return (null, TargetFaults.NoPod($"pod {whose}", _ns));
        if (Choose(pods, _chosen) is not { } pod)
            return (null, TargetFaults.NotReady(whose, pods));
        _chosen = pod.Uid;
        return ContainerPorts.Find(pod, _spec.RemotePort, _spec.Protocol) is { } port
            ? (new(pod.Address!, port), null)
            : (null, TargetFaults.NoPort(_spec.RemotePort, $"pod '{pod.Name}'", ContainerPorts.Describe(pod, _spec.Protocol)));
    }

    public ValueTask DisposeAsync() => _pods.DisposeAsync();

    // A name beats a selector, as the row's label does.
    private (IReadOnlyList<PodInfo> Pods, string Whose) Find()
    {
        if (_spec.Service is { } name)
            return (_pods.State.Items.TryGetValue(name, out var pod) ? [pod] : [], $"named '{name}'");
        var selector = LabelSelector.Parse(_spec.Selector ?? "");
        return ([.. _pods.State.Items.Values.Where(pod => selector?.Matches(pod.Labels) == true)], $"with '{_spec.Selector}'");
    }
}
