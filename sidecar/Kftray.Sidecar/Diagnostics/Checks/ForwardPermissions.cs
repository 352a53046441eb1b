using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes.Examination;

namespace Kftray.Sidecar.Diagnostics.Checks;

/// <summary>A permission and the namespace it is needed in: a relay may live in another than what it leads to.</summary>
internal readonly record struct NeededPermission(Permission Permission, string Namespace)
{
    public override string ToString() => Permission.ToString();
}

/// <summary>What a forward asks the cluster for, and how much of it it can do without.</summary>
internal sealed class ForwardPermissions
{
    private const string Discovery = "discovery.k8s.io";

    private static readonly Permission GetPods = new("get", "", "pods");
    private static readonly Permission ListPods = new("list", "", "pods");
    private static readonly Permission WatchPods = new("watch", "", "pods");
    private static readonly Permission GetServices = new("get", "", "services");
    private static readonly Permission ListServices = new("list", "", "services");
    private static readonly Permission WatchServices = new("watch", "", "services");
    private static readonly Permission ListSlices = new("list", Discovery, "endpointslices");
    private static readonly Permission WatchSlices = new("watch", Discovery, "endpointslices");
    private static readonly Permission WebSockets = new("get", "", "pods/portforward");
    private static readonly Permission ListEvents = new("list", "", "events");

    // The relay is a Job: made, kept alive, found again and removed.
    private static readonly Permission CreateJobs = new("create", "batch", "jobs");
    private static readonly Permission[] OtherJobs =
        [new("get", "batch", "jobs"), new("list", "batch", "jobs"), new("patch", "batch", "jobs"), new("delete", "batch", "jobs")];

    private static readonly Permission[] ToPods = [PortForward, GetPods, WebSockets, ListPods, WatchPods];
    private static readonly Permission[] Services = [GetServices, ListServices, WatchServices];

    // Each of them needs one that is granted; if none is, the first is what is missing.
    private readonly List<NeededPermission[]> _required = [];
    private readonly List<NeededPermission> _all = [];

    private ForwardPermissions()
    {
    }

    /// <summary>The one permission that nothing can stand in for.</summary>
    public static Permission PortForward => new("create", "", "pods/portforward");

    /// <summary>In the order in which they are told.</summary>
    public IReadOnlyList<NeededPermission> All => _all;

    /// <param name="ns">The forward's namespace.</param>
    public static ForwardPermissions Of(ForwardSpec spec, string ns)
    {
        var needs = new ForwardPermissions();
        if (!spec.NeedsRelay)
        {
            needs.AddTarget(spec, ns);
            return needs;
        }

        var relay = spec.Relay ?? RelaySpec.Default;
        var relayNamespace = relay.Namespace ?? ns;
        if (relay.Service is not null)
        {
            needs.AddService(relayNamespace);
            return needs;
        }

        needs.AddDestination(spec, ns);
        needs.Add(relayNamespace, [.. ToPods, CreateJobs, .. OtherJobs, ListEvents], [PortForward], [ListPods], [CreateJobs]);
        return needs;
    }

    /// <returns>Null when what is granted is enough.</returns>
    public NeededPermission? FirstMissing(IReadOnlySet<NeededPermission> denied) =>
        _required.Where(alternatives => alternatives.All(denied.Contains)).Select(alternatives => (NeededPermission?)alternatives[0]).FirstOrDefault();

    /// <summary>What works less well, or not, without it.</summary>
    public string Without(NeededPermission needed) => needed.Permission switch
    {
        var permission when permission == GetPods => "kubectl port-forward needs it, the forward does not",
        var permission when permission == WebSockets => "where a gateway passes WebSockets only, there is no way to the pod",
        var permission when permission == ListSlices => "ready pods are found by the Service's selector",
        var permission when permission == ListEvents => "why a relay does not start is told less exactly",
        var permission when permission == ListPods && _all.Contains(needed with { Permission = ListSlices }) => "a terminating pod is noticed late",
        { Resource: "jobs", Verb: "delete" } => "a relay stays until it expires",
        { Resource: "jobs" } => "a relay that an earlier run left may not be taken over",
        { Verb: "list", Resource: var resource } => $"{resource} are asked for one by one",
        { Verb: "watch", Resource: var resource } => $"changes of {resource} are seen up to 2 s late",
        var permission => $"{permission.Resource} are found in the list of all",
    };

    private void AddTarget(ForwardSpec spec, string ns)
    {
        if (spec.WorkloadType != WorkloadType.Pod)
            AddService(ns);
        else if (spec.Service is not null)
            Add(ns, ToPods, [PortForward], [GetPods, ListPods]);
        else
            Add(ns, ToPods, [PortForward], [ListPods]);
    }

    private void AddService(string ns) =>
        Add(ns, [.. ToPods, .. Services, ListSlices, WatchSlices], [PortForward], [GetServices, ListServices], [ListPods, ListSlices]);

    // What the relay is told to lead to; a host behind the cluster is no object of the cluster.
    private void AddDestination(ForwardSpec spec, string ns)
    {
        if (spec.WorkloadType == WorkloadType.Service)
            Add(ns, [.. Services, ListPods, WatchPods], [GetServices, ListServices]);
        else if (spec is { WorkloadType: WorkloadType.Pod, Service: not null })
            Add(ns, [GetPods, ListPods, WatchPods], [GetPods, ListPods]);
        else if (spec.WorkloadType == WorkloadType.Pod)
            Add(ns, [ListPods, WatchPods], [ListPods]);
    }

    private void Add(string ns, Permission[] all, params Permission[][] required)
    {
        _all.AddRange(all.Select(permission => new NeededPermission(permission, ns)).Except(_all));
        _required.AddRange(required.Select(alternatives => alternatives.Select(permission => new NeededPermission(permission, ns)).ToArray()));
    }
}
