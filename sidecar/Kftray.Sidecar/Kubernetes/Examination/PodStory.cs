using System.Globalization;
using k8s.Models;

namespace Kftray.Sidecar.Kubernetes.Examination;

/// <summary>A pod as far as its owner has to know it to mend it.</summary>
/// <param name="Troubles">Why it is not ready, a sentence each; empty for one that is, and when nothing is known.</param>
/// <param name="Runtime">What runs its containers: <c>containerd</c>, <c>cri-o</c>; null before one runs.</param>
internal sealed record PodStory(PodInfo Pod, IReadOnlyList<string> Troubles, string? Runtime) : IResource
{
    public string Name => Pod.Name;

    public string Uid => Pod.Uid;

    public string Version => Pod.Version;

    public static PodStory Map(V1Pod pod)
    {
        var info = ResourceMapping.Map(pod);
        var runtime = pod.Status?.ContainerStatuses?.Select(s => s.ContainerID?.Split("://")[0]).FirstOrDefault(name => !string.IsNullOrEmpty(name));
        return new(info, info is { IsReady: true, IsTerminating: false } ? [] : [.. TroublesOf(pod)], runtime);
    }

    private static IEnumerable<string> TroublesOf(V1Pod pod)
    {
        if (pod.Metadata?.DeletionTimestamp is not null)
            yield return "it is being deleted";

        foreach (var condition in pod.Status?.Conditions ?? [])
        {
            // https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-conditions ; the containers speak for the others themselves.
            if (condition is { Type: "PodScheduled", Status: "False" })
                yield return Sentence("no node takes it", condition.Message ?? condition.Reason);
            else if (condition is { Type: not ("Ready" or "ContainersReady" or "Initialized" or "PodScheduled"), Status: "False" })
                yield return Sentence($"condition {condition.Type} is False", condition.Message ?? condition.Reason);
        }

        if (pod.Status?.Reason is { Length: > 0 } reason)
            yield return Sentence(reason, pod.Status.Message);

        var specs = (pod.Spec?.InitContainers ?? []).Concat(pod.Spec?.Containers ?? []).ToLookup(container => container.Name);
        foreach (var status in (pod.Status?.InitContainerStatuses ?? []).Concat(pod.Status?.ContainerStatuses ?? []))
        {
            foreach (var trouble in TroublesOf(status, specs[status.Name ?? ""].FirstOrDefault()))
                yield return $"container {status.Name}: {trouble}";
        }
    }

    private static IEnumerable<string> TroublesOf(V1ContainerStatus status, V1Container? container)
    {
        if (status.State?.Waiting is { Reason: { Length: > 0 } reason } waiting)
            yield return Sentence(reason, waiting.Message);
        if (status.State?.Terminated is { ExitCode: not 0 } ended)
            yield return $"it has ended with {Exit(ended)}";
        if (status.LastState?.Terminated is { } last)
            yield return $"it ended before with {Exit(last)}; restarts: {status.RestartCount.ToString(CultureInfo.InvariantCulture)}";
        if (status is { Ready: false, State.Running: not null } && container is not null)
        {
            if (status.Started == false && container.StartupProbe is { } startup)
                yield return $"its startup probe does not pass ({Describe(startup)})";
            else if (container.ReadinessProbe is { } readiness)
                yield return $"its readiness probe does not pass ({Describe(readiness)})";
        }
    }

    private static string Exit(V1ContainerStateTerminated ended) => string.Create(CultureInfo.InvariantCulture,
        $"exit code {ended.ExitCode}{(string.IsNullOrEmpty(ended.Reason) ? "" : $" ({ended.Reason})")}{(string.IsNullOrWhiteSpace(ended.Message) ? "" : $": {Line(ended.Message)}")}");

    private static string Describe(V1Probe probe) => probe switch
    {
        { HttpGet: { } http } => $"GET {http.Path ?? "/"} on port {http.Port}",
        { TcpSocket: { } tcp } => $"TCP connection to port {tcp.Port}",
        { Grpc: { } grpc } => $"gRPC health on port {grpc.Port}",
        { Exec: not null } => "a command in the container",
        _ => "unknown kind",
    };

    private static string Sentence(string what, string? why) => string.IsNullOrWhiteSpace(why) ? what : $"{what}: {Line(why)}";

    private static string Line(string text)
    {
        var line = text.ReplaceLineEndings(" ").Trim();
        return line.Length <= 300 ? line : line[..300] + "…";
    }
}
