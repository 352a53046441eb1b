using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;

namespace Kftray.Sidecar.Targets;

/// <summary>A pod by its name, or every pod that a label selector finds.</summary>
internal sealed class PodResolver : ITargetView
{
    private readonly ForwardSpec _spec;
    private readonly string _ns;
    private readonly IPodDialer _dialer;
    private readonly WatchedResource<PodInfo> _pods;

    public PodResolver(ForwardSpec spec, Cluster cluster, string ns)
    {
        (_spec, _ns, _dialer) = (spec, ns, cluster.Dialer);
        _pods = new(cluster, ResourceKinds.Pods, ns, spec.Service);
    }

    public IReadOnlyList<Task> Refresh()
    {
        var superseded = new List<Task>();
        _pods.Refresh(superseded);
        return superseded;
    }

    public Resolution? Resolve()
    {
        if (TargetFaults.Unavailable(_pods.State) is { } unavailable)
            return unavailable;
        if (!_pods.State.IsKnown)
            return null;

        // A name beats a selector, as the row's label does.
        return (_spec.Service is { } name ? ByName(name) : BySelector(_spec.Selector ?? "")) with { Warning = _pods.Warning };
    }

    public ValueTask DisposeAsync() => _pods.DisposeAsync();

    private Resolution ByName(string name) => _pods.State.Items.TryGetValue(name, out var pod)
        ? Choose([pod], $"named '{name}'")
        : TargetFaults.NoPod($"pod '{name}'", _ns, Spelling.Nearest(name, _pods.State.Items.Keys));

    private Resolution BySelector(string text)
    {
        if (LabelSelector.Parse(text) is not { } selector)
        {
            return TargetFaults.Wait(FaultKind.InvalidConfig, $"'{text}' is not a label selector.",
                "Write it as for kubectl: app=web,tier!=db.");
        }

        var pods = _pods.State.Items.Values.Where(pod => selector.Matches(pod.Labels)).OrderBy(pod => pod.Name, StringComparer.Ordinal).ToArray();
        return pods.Length == 0 ? TargetFaults.NoPod($"pod with '{text}'", _ns) : Choose(pods, $"with '{text}'");
    }

    private Resolution Choose(IReadOnlyList<PodInfo> pods, string whose)
    {
        var ready = pods.Where(pod => pod is { IsReady: true, IsTerminating: false }).ToArray();
        if (ready.Length == 0)
            return TargetFaults.NotReady(whose, pods);

        var targets = ready
            .Select(pod => (Pod: pod, Port: ContainerPorts.Find(pod, _spec.RemotePort, ForwardProtocol.Tcp)))
            .Where(found => found.Port is not null)
            .Select(found => new PodTarget(_ns, found.Pod.Name, found.Pod.Uid, found.Port!.Value, _dialer))
            .ToArray();
        return targets.Length > 0
            ? new Resolution.Ready(targets)
            : TargetFaults.NoPort(_spec.RemotePort, $"pod '{ready[0].Name}'", ContainerPorts.Describe(ready[0], ForwardProtocol.Tcp));
    }
}
