using System.Collections.Frozen;
using k8s.Models;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>From the models of KubernetesClient to what is kept. Every field may be missing: servers leave out what is empty.</summary>
internal static class ResourceMapping
{
    /// <summary>Our own word, where the kubelet has none: it runs, and its probe has not said yes.</summary>
    public const string ProbeNotPassed = "readiness probe not passed";

    public static PodInfo Map(V1Pod pod)
    {
        V1ContainerStatus[] statuses = [.. (pod.Status?.InitContainerStatuses ?? []).Concat(pod.Status?.ContainerStatuses ?? [])];
        // Sidecars are init containers that go on running.
        var containers = (pod.Spec?.Containers ?? []).Concat((pod.Spec?.InitContainers ?? []).Where(c => c.RestartPolicy == "Always"));
        return new(
            pod.Metadata?.NamespaceProperty ?? "",
            pod.Metadata?.Name ?? "",
            pod.Metadata?.Uid ?? "",
            pod.Metadata?.ResourceVersion ?? "",
            Dictionary(pod.Metadata?.Labels),
            pod.Status is { Phase: "Running" } status && status.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) == true,
            pod.Metadata?.DeletionTimestamp is not null,
            Problem(pod, statuses),
            [.. containers.SelectMany(c => c.Ports ?? []).Select(p => new ContainerPort(NullIfEmpty(p.Name), p.ContainerPort, Protocol(p.Protocol)))
                .Where(p => p.Number > 0)])
        {
            Address = NullIfEmpty(pod.Status?.PodIP),
            ProblemDetail = ProblemDetail(pod, statuses),
            IsOver = pod.Status?.Phase is "Succeeded" or "Failed",
            IsScheduled = !string.IsNullOrEmpty(pod.Spec?.NodeName),
            CreatedAt = At(pod.Metadata?.CreationTimestamp),
            Owner = Owner(pod),
            // https://kubernetes.io/docs/reference/labels-annotations-taints/#kubectl-kubernetes-io-default-container
            MainContainer = pod.Metadata?.Annotations?.TryGetValue("kubectl.kubernetes.io/default-container", out var main) == true
                ? main
                : pod.Spec?.Containers?.FirstOrDefault()?.Name,
        };
    }

    public static ServiceInfo Map(V1Service service) => new(
        service.Metadata?.NamespaceProperty ?? "",
        service.Metadata?.Name ?? "",
        service.Metadata?.Uid ?? "",
        service.Metadata?.ResourceVersion ?? "",
        Dictionary(service.Spec?.Selector),
        service.Spec?.Type == "ExternalName" ? service.Spec.ExternalName ?? "" : null,
        [.. (service.Spec?.Ports ?? []).Select(port => new ServicePort(
            NullIfEmpty(port.Name), port.Port, TargetPort(port.TargetPort?.ToString(), port.Port), Protocol(port.Protocol)))])
    {
        IsHeadless = service.Spec?.ClusterIP == "None",
        Annotations = (service.Metadata?.Annotations ?? new Dictionary<string, string>())
            .Where(a => a.Key.StartsWith(ServiceAnnotations.Prefix, StringComparison.Ordinal))
            .ToFrozenDictionary(),
    };

    public static EndpointSliceInfo Map(V1EndpointSlice slice) => new(
        slice.Metadata?.Name ?? "",
        slice.Metadata?.Uid ?? "",
        slice.Metadata?.ResourceVersion ?? "",
        slice.Metadata?.Labels is { } labels && labels.TryGetValue("kubernetes.io/service-name", out var service) ? service : null,
        [.. (slice.Endpoints ?? []).Select(Map)],
        [.. (slice.Ports ?? []).Where(port => port.Port is > 0).Select(port => new EndpointPort(NullIfEmpty(port.Name), port.Port!.Value))]);

    public static NamespaceInfo Map(V1Namespace ns) => new(ns.Metadata?.Name ?? "", ns.Metadata?.Uid ?? "", ns.Metadata?.ResourceVersion ?? "");

    public static JobInfo Map(V1Job job)
    {
        var ended = job.Status?.Conditions?.FirstOrDefault(c => c is { Type: "Failed" or "Complete", Status: "True" });
        return new(
            job.Metadata?.NamespaceProperty ?? "",
            job.Metadata?.Name ?? "",
            job.Metadata?.Uid ?? "",
            job.Metadata?.ResourceVersion ?? "",
            Dictionary(job.Metadata?.Labels),
            Dictionary(job.Metadata?.Annotations),
            At(job.Metadata?.CreationTimestamp),
            job.Metadata?.DeletionTimestamp is not null,
            ended is not null,
            ended?.Type == "Failed" ? $"{ended.Reason}: {ended.Message}" : null);
    }

    public static EventInfo Map(Corev1Event said) => new(
        said.Metadata?.Name ?? "",
        said.Metadata?.Uid ?? "",
        said.Metadata?.ResourceVersion ?? "",
        said.InvolvedObject?.Uid ?? "",
        said.Reason ?? "",
        said.Message ?? "",
        At(said.LastTimestamp ?? said.EventTime ?? said.FirstTimestamp));

    private static EndpointInfo Map(V1Endpoint endpoint)
    {
        var pod = endpoint.TargetRef is { Kind: "Pod" } target ? target : null;
        // An absent `ready` means ready; an absent `terminating` means no.
        return new(pod?.Name, NullIfEmpty(pod?.Uid), endpoint.Conditions?.Ready ?? true, endpoint.Conditions?.Terminating ?? false);
    }

    /// <summary>The controller. A Deployment's ReplicaSets carry its name and the hash that its pods have as a label.</summary>
    private static string? Owner(V1Pod pod)
    {
        if (pod.Metadata?.OwnerReferences?.FirstOrDefault(owner => owner.Controller == true) is not { Name: { Length: > 0 } name, Kind: { Length: > 0 } kind })
            return null;
        var hash = pod.Metadata.Labels is { } labels && labels.TryGetValue("pod-template-hash", out var value) ? "-" + value : null;
        return kind == "ReplicaSet" && hash is not null && name.EndsWith(hash, StringComparison.Ordinal)
            ? $"deployment/{name[..^hash.Length]}"
            : $"{kind.ToLowerInvariant()}/{name}";
    }

    private static string? Problem(V1Pod pod, IEnumerable<V1ContainerStatus> statuses) =>
        statuses.Select(s => s.State?.Waiting?.Reason).FirstOrDefault(reason => reason is not (null or "ContainerCreating" or "PodInitializing"))
        ?? NullIfEmpty(pod.Status?.Reason)
        ?? pod.Status?.Conditions?.FirstOrDefault(c => c is { Type: "PodScheduled", Status: "False" })?.Reason
        ?? (statuses.Any(s => s is { Ready: false, State.Running: not null } && HasReadinessProbe(pod, s.Name)) ? ProbeNotPassed : null);

    private static bool HasReadinessProbe(V1Pod pod, string container) =>
        (pod.Spec?.Containers ?? []).Any(c => c.Name == container && c.ReadinessProbe is not null);

    private static string? ProblemDetail(V1Pod pod, IEnumerable<V1ContainerStatus> statuses) =>
        NullIfEmpty(statuses.Select(s => s.State?.Waiting).FirstOrDefault(waiting => waiting?.Message is { Length: > 0 })?.Message)
        ?? NullIfEmpty(statuses.Select(s => s.State?.Terminated).FirstOrDefault(terminated => terminated?.Message is { Length: > 0 })?.Message)
        ?? NullIfEmpty(pod.Status?.Message)
        ?? NullIfEmpty(pod.Status?.Conditions?.FirstOrDefault(c => c is { Type: "PodScheduled", Status: "False" })?.Message);

    private static DateTimeOffset? At(DateTime? time) => time is { } at ? new DateTimeOffset(DateTime.SpecifyKind(at, DateTimeKind.Utc)) : null;

    private static PortReference TargetPort(string? text, int servicePort) =>
        string.IsNullOrEmpty(text) || text == "0" ? new(servicePort)
        : int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number) ? new(number)
        : new(0, text);

    private static ForwardProtocol Protocol(string? protocol) =>
        string.Equals(protocol, "UDP", StringComparison.OrdinalIgnoreCase) ? ForwardProtocol.Udp : ForwardProtocol.Tcp;

    private static Dictionary<string, string> Dictionary(IDictionary<string, string>? values) =>
        values is null ? [] : new Dictionary<string, string>(values);

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
