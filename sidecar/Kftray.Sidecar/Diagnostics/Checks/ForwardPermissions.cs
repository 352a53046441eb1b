using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes.Examination;

namespace Kftray.Sidecar.Diagnostics.Checks;

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

    // The relay is a Job: made, kept alive, found again and removed.
    private static readonly Permission CreateJobs = new("create", "batch", "jobs");
    private static readonly Permission[] OtherJobs =
        [new("get", "batch", "jobs"), new("list", "batch", "jobs"), new("patch", "batch", "jobs"), new("delete", "batch", "jobs")];

    // Each of them needs one that is granted; if none is, the first is what is missing.
    private readonly IReadOnlyList<Permission[]> _required;

    private ForwardPermissions(IReadOnlyList<Permission> all, params Permission[][] required) => (All, _required) = (all, required);

    /// <summary>The one permission that nothing can stand in for.</summary>
    public static Permission PortForward { get; } = new("create", "", "pods/portforward");

    /// <summary>In the order in which they are told.</summary>
    public IReadOnlyList<Permission> All { get; }

    public static ForwardPermissions Of(ForwardSpec spec)
    {
        var target = OfTarget(spec);
        return spec is { WorkloadType: WorkloadType.Proxy } or { Protocol: ForwardProtocol.Udp }
            ? new([.. target.All, CreateJobs, .. OtherJobs], [.. target._required, [CreateJobs]])
            : target;
    }

    private static ForwardPermissions OfTarget(ForwardSpec spec) => spec switch
    {
        { WorkloadType: WorkloadType.Proxy } => new([PortForward, GetPods, WebSockets, ListPods, WatchPods], [PortForward], [ListPods]),
        { WorkloadType: WorkloadType.Pod, Service: not null } =>
            new([PortForward, GetPods, WebSockets, ListPods, WatchPods], [PortForward], [GetPods, ListPods]),
        { WorkloadType: WorkloadType.Pod } =>
            new([PortForward, GetPods, WebSockets, ListPods, WatchPods], [PortForward], [ListPods]),
        _ => new(
            [PortForward, GetPods, WebSockets, ListPods, WatchPods, GetServices, ListServices, WatchServices, ListSlices, WatchSlices],
            [PortForward], [GetServices, ListServices], [ListPods, ListSlices]),
    };

    /// <returns>Null when what is granted is enough.</returns>
    public Permission? FirstMissing(IReadOnlySet<Permission> denied) =>
        _required.Where(alternatives => alternatives.All(denied.Contains)).Select(alternatives => (Permission?)alternatives[0]).FirstOrDefault();

    /// <summary>What works less well, or not, without it.</summary>
    public string Without(Permission permission) => permission switch
    {
        _ when permission == GetPods => "kubectl port-forward needs it, the forward does not",
        _ when permission == WebSockets => "where a gateway passes WebSockets only, there is no way to the pod",
        _ when permission == ListSlices => "ready pods are found by the Service's selector",
        _ when permission == ListPods && All.Contains(ListSlices) => "a terminating pod is noticed late",
        { Resource: "jobs", Verb: "delete" } => "a relay stays until it expires",
        { Resource: "jobs" } => "a relay that an earlier run left may not be taken over",
        { Verb: "list" } => $"{permission.Resource} are asked for one by one",
        { Verb: "watch" } => $"changes of {permission.Resource} are seen up to 2 s late",
        _ => $"{permission.Resource} are found in the list of all",
    };
}
