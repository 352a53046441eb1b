using System.Collections.Frozen;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>What is kept of an object of the cluster: the few fields that decide where a forward leads.</summary>
internal interface IResource
{
    string Name { get; }

    string Uid { get; }

    /// <summary>Its <c>resourceVersion</c>: another after every change.</summary>
    string Version { get; }
}

/// <param name="IsReady">Running, and its readiness says yes. Says nothing about <paramref name="IsTerminating"/>.</param>
/// <param name="IsTerminating">It has a deletion timestamp: never choose it.</param>
/// <param name="Problem">Why it is not ready, in the kubelet's word such as <c>CrashLoopBackOff</c>; null when nothing is known.</param>
internal sealed record PodInfo(
    string Namespace,
    string Name,
    string Uid,
    string Version,
    IReadOnlyDictionary<string, string> Labels,
    bool IsReady,
    bool IsTerminating,
    string? Problem,
    IReadOnlyList<ContainerPort> Ports) : IResource
{
    /// <summary>Its address in the cluster; null before it has one.</summary>
    public string? Address { get; init; }

    /// <summary>What is said about <see cref="Problem"/> in words; null when nothing is.</summary>
    public string? ProblemDetail { get; init; }

    /// <summary>Its containers have ended and are not started again.</summary>
    public bool IsOver { get; init; }

    /// <summary>A node was found for it.</summary>
    public bool IsScheduled { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>The one that kubectl means when none is named; null for a pod without containers.</summary>
    public string? MainContainer { get; init; }

    /// <summary>Who keeps it running, in kubectl's words such as <c>deployment/web</c>; null when nobody does.</summary>
    public string? Owner { get; init; }
}

internal sealed record ContainerPort(string? Name, int Number, ForwardProtocol Protocol);

/// <param name="Selector">Empty for a service whose endpoints somebody else writes.</param>
/// <param name="ExternalName">Set for a service that is only a DNS alias.</param>
internal sealed record ServiceInfo(
    string Namespace,
    string Name,
    string Uid,
    string Version,
    IReadOnlyDictionary<string, string> Selector,
    string? ExternalName,
    IReadOnlyList<ServicePort> Ports) : IResource
{
    /// <summary>Its name leads straight to the pods, so that their ports count and not its own.</summary>
    public bool IsHeadless { get; init; }

    /// <summary>Annotations that begin with <c>kftray.app/</c>; the others are not kept.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = FrozenDictionary<string, string>.Empty;
}

internal sealed record ServicePort(string? Name, int Number, PortReference TargetPort, ForwardProtocol Protocol);

/// <param name="ServiceName">The service it belongs to; null for one that belongs to none.</param>
internal sealed record EndpointSliceInfo(
    string Name,
    string Uid,
    string Version,
    string? ServiceName,
    IReadOnlyList<EndpointInfo> Endpoints,
    IReadOnlyList<EndpointPort> Ports) : IResource;

/// <param name="PodName">Null when the endpoint is an address outside of any pod.</param>
internal sealed record EndpointInfo(string? PodName, string? PodUid, bool IsReady, bool IsTerminating);

/// <param name="Name">The service port's name; null for the only port without one.</param>
/// <param name="Number">The number inside the endpoints' pods.</param>
internal sealed record EndpointPort(string? Name, int Number);

internal sealed record NamespaceInfo(string Name, string Uid, string Version) : IResource;

/// <param name="IsOver">Complete or failed.</param>
/// <param name="Problem">Why it failed, in the server's words; null when it did not.</param>
internal sealed record JobInfo(
    string Namespace,
    string Name,
    string Uid,
    string Version,
    IReadOnlyDictionary<string, string> Labels,
    IReadOnlyDictionary<string, string> Annotations,
    DateTimeOffset? CreatedAt,
    bool IsTerminating,
    bool IsOver,
    string? Problem) : IResource;

/// <summary>What a component says about an object.</summary>
/// <param name="AboutUid">The object.</param>
/// <param name="Reason">The component's word, such as <c>FailedScheduling</c>.</param>
internal sealed record EventInfo(string Name, string Uid, string Version, string AboutUid, string Reason, string Message, DateTimeOffset? At) : IResource;
