using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;

namespace Kftray.Sidecar.Targets;

/// <summary>
/// The ready pods behind a service, by its EndpointSlices. The pods themselves are watched too: their deletion shows there first. Each of the two
/// does without the other where permissions are missing, and says so.
/// </summary>
internal sealed class ServiceResolver : ITargetView
{
    private readonly ForwardSpec _spec;
    private readonly string _name;
    private readonly string _ns;
    private readonly IPodDialer _dialer;
    private readonly WatchedResource<ServiceInfo> _services;
    private readonly WatchedResource<EndpointSliceInfo> _slices;
    private readonly WatchedResource<PodInfo> _pods;

    public ServiceResolver(ForwardSpec spec, Cluster cluster, string ns)
    {
        (_spec, _name, _ns, _dialer) = (spec, spec.Service ?? "", ns, cluster.Dialer);
        _services = new(cluster, ResourceKinds.Services, ns, _name);
        _slices = new(cluster, ResourceKinds.EndpointSlices, ns);
        _pods = new(cluster, ResourceKinds.Pods, ns);
    }

    public IReadOnlyList<Task> Refresh()
    {
        var superseded = new List<Task>();
        _services.Refresh(superseded);
        _slices.Refresh(superseded);
        _pods.Refresh(superseded);
        return superseded;
    }

    public Resolution? Resolve()
    {
        if (TargetFaults.Unavailable(_services.State) is { } unavailable)
            return unavailable;
        if (!_services.State.IsKnown)
            return null;
        if (!_services.State.Items.TryGetValue(_name, out var service))
            return TargetFaults.NoService(_name, _ns, _services.State.Items.Keys);
        if (service.ExternalName is { } host)
        {
            return TargetFaults.Wait(FaultKind.NotSupported, $"Service '{_name}' is only an alias for {host} and has no pods.",
                "Forward to the host itself, through the cluster, with workload_type proxy.");
        }

        // One of the two is enough; without both the refusal is the answer.
        var slices = _slices.IsForbidden ? null : TargetFaults.Unavailable(_slices.State);
        var pods = _pods.IsForbidden ? null : TargetFaults.Unavailable(_pods.State);
        if ((slices ?? pods) is { } missing)
            return missing;
        if (_slices.IsForbidden && _pods.IsForbidden)
            return new Resolution.Unavailable(_pods.State.Trouble!.Fault, WaitingFor.Time, _pods.State.Trouble.NextAttemptAt);
        if ((!_slices.State.IsKnown && !_slices.IsForbidden) || (!_pods.State.IsKnown && !_pods.IsForbidden))
            return null;

        return Choose(service) with { Warning = Warning() };
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _slices.DisposeAsync();
        await _pods.DisposeAsync();
    }

    private Resolution Choose(ServiceInfo service)
    {
        var slices = _slices.State.Items.Values.Where(slice => slice.ServiceName == _name).OrderBy(s => s.Name, StringComparer.Ordinal).ToArray();
        var behind = PodsBehind(service, slices);
        var (servicePort, podPort) = ServicePortRule.Match(service, _spec.RemotePort, behind);
        if (servicePort is null && podPort is null)
            return TargetFaults.NoPort(_spec.RemotePort, $"service '{_name}'", ServicePortRule.Describe(service));

        var targets = _slices.IsForbidden
            ? behind.Where(pod => pod is { IsReady: true, IsTerminating: false })
                .Select(pod => Target(pod.Name, pod.Uid, ContainerPorts.Find(pod, servicePort?.TargetPort ?? podPort!.Value)))
            : slices.SelectMany(slice => slice.Endpoints.Select(endpoint => Target(slice, endpoint, servicePort, podPort)));
        // Dual-stack services have a slice for each address family with the same pods.
        var ready = targets.OfType<PodTarget>().DistinctBy(target => target.Name).OrderBy(target => target.Name, StringComparer.Ordinal).ToArray();
        if (ready.Length > 0)
            return new Resolution.Ready(ready);

        if (slices.SelectMany(slice => slice.Endpoints).Any(endpoint => endpoint.PodName is null))
        {
            return TargetFaults.Wait(FaultKind.NoReadyPod, $"Service '{_name}' leads to addresses that are no pods.",
                "A port-forward ends in a pod; use workload_type proxy for such an address.");
        }

        return TargetFaults.NotReady($"of service '{_name}'", behind,
            service.Selector.Count == 0 ? null : string.Join(',', service.Selector.Select(label => $"{label.Key}={label.Value}")));
    }

    private PodTarget? Target(EndpointSliceInfo slice, EndpointInfo endpoint, ServicePort? servicePort, PortReference? podPort)
    {
        if (endpoint is not { PodName: { } name, IsReady: true, IsTerminating: false })
            return null;

        // The pod's own word is newer than the slice's: a controller has to notice first.
        var pod = _pods.State.Items.GetValueOrDefault(name);
        if (_pods.State.IsKnown && (pod is null || pod.IsTerminating || (endpoint.PodUid is not null && pod.Uid != endpoint.PodUid)))
            return null;

        var number = servicePort is not null
            ? slice.Ports.FirstOrDefault(port => port.Name == servicePort.Name)?.Number
            : podPort is { Name: null } port ? port.Number : pod is null ? null : ContainerPorts.Find(pod, podPort!.Value);
        return Target(name, endpoint.PodUid ?? pod?.Uid ?? "", number);
    }

    private PodTarget? Target(string name, string uid, int? port) => port is null ? null : new(_ns, name, uid, port.Value, _dialer);

    /// <summary>By the selector, or, without one, the pods that the endpoints name.</summary>
    private PodInfo[] PodsBehind(ServiceInfo service, IReadOnlyList<EndpointSliceInfo> slices)
    {
        var named = slices.SelectMany(slice => slice.Endpoints).Select(endpoint => endpoint.PodName).ToHashSet();
        return [.. _pods.State.Items.Values
            .Where(pod => service.Selector.Count > 0
                ? service.Selector.All(label => pod.Labels.TryGetValue(label.Key, out var value) && value == label.Value)
                : named.Contains(pod.Name))
            .OrderBy(pod => pod.Name, StringComparer.Ordinal)];
    }

    private string? Warning()
    {
        string?[] warnings =
        [
            _slices.IsForbidden ? "You may not list endpointslices: ready pods are found by the service's selector." : _slices.Warning,
            _pods.IsForbidden ? "You may not list pods: a terminating pod is noticed late." : _pods.Warning,
            _services.Warning,
        ];
        return string.Join(' ', warnings.Where(warning => warning is not null)) is { Length: > 0 } text ? text : null;
    }
}
