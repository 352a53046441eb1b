using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Relay;

namespace Kftray.Sidecar.Targets;

/// <summary>
/// A Service's datagrams: its name in the cluster and its port. Where the port that is wanted is one of the pods only, the address of one of them.
/// </summary>
internal sealed class ServiceDestination : IDestination
{
    private readonly ForwardSpec _spec;
    private readonly string _name;
    private readonly string _ns;
    private readonly WatchedResource<ServiceInfo> _services;
    private readonly WatchedResource<PodInfo> _pods;
    private string? _pod;

    public ServiceDestination(ForwardSpec spec, Cluster cluster, string ns)
    {
        (_spec, _name, _ns) = (spec, spec.Service ?? "", ns);
        _services = new(cluster, ResourceKinds.Services, ns, _name);
        _pods = new(cluster, ResourceKinds.Pods, ns);
    }

    public string? Warning => _services.Warning;

    public IReadOnlyList<Task> Refresh()
    {
        var superseded = new List<Task>();
        _services.Refresh(superseded);
        _pods.Refresh(superseded);
        return superseded;
    }

    public (RelayDestination? Found, Resolution.Unavailable? Fault) Resolve()
    {
        if (TargetFaults.Unavailable(_services.State) is { } unavailable)
            return (null, unavailable);
        if (!_services.State.IsKnown || (!_pods.State.IsKnown && _pods.State.Trouble is null))
            return (null, null);
        if (!_services.State.Items.TryGetValue(_name, out var service))
            return (null, TargetFaults.NoService(_name, _ns, _services.State.Items.Keys));
        if (service.ExternalName is not null && _spec.RemotePort.Name is null)
            return (new($"{_name}.{_ns}.svc", _spec.RemotePort.Number), null);

        PodInfo[] pods = [.. _pods.State.Items.Values
            .Where(pod => service.Selector.Count > 0
                && service.Selector.All(label => pod.Labels.TryGetValue(label.Key, out var value) && value == label.Value))
            .OrderBy(pod => pod.Name, StringComparer.Ordinal)];
        return ServicePortRule.Match(service, _spec.RemotePort, _spec.Protocol, pods) switch
        {
            // Nobody translates the port of a name that leads straight to the pods.
            ({ } port, _) when service.IsHeadless => PortOf(pods, port.TargetPort) is { } number
                ? (ByName(number), null)
                : (null, TargetFaults.NotReady($"of service '{_name}'", pods)),
            ({ } port, _) => (ByName(port.Number), null),
            (null, { } inPod) => ToPod(pods, inPod),
            _ => (null, TargetFaults.NoPort(_spec.RemotePort, $"service '{_name}'", ServicePortRule.Describe(service))),
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _pods.DisposeAsync();
    }

    // Without the cluster's own domain, which may be another than cluster.local: the search list of every pod has it.
    private RelayDestination ByName(int port) => new($"{_name}.{_ns}.svc", port);

    private int? PortOf(IReadOnlyList<PodInfo> pods, PortReference port) =>
        port.Name is null ? port.Number : pods.Select(pod => ContainerPorts.Find(pod, port, _spec.Protocol)).FirstOrDefault(number => number is not null);

    private (RelayDestination?, Resolution.Unavailable?) ToPod(IReadOnlyList<PodInfo> pods, PortReference port)
    {
        var pod = PodDestination.Choose(pods, _pod);
        _pod = pod?.Uid;
        return pod is not null && ContainerPorts.Find(pod, port, _spec.Protocol) is { } number
            ? (new(pod.Address!, number), null)
            : (null, TargetFaults.NotReady($"of service '{_name}'", pods));
    }
}
