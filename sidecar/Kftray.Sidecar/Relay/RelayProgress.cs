using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Kubernetes;

namespace Kftray.Sidecar.Relay;

/// <summary>How far a relay has come, from what the cluster says about it. Pure.</summary>
internal static class RelayProgress
{
    /// <summary>A relay that is not ready by then is a fault; it goes on by itself when it starts after all.</summary>
    public static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    // The kubelet's words for an image that cannot be had: https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/images/types.go
    private static readonly string[] ImageProblems =
        ["ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError", "RegistryUnavailable"];

    /// <param name="pod">Null while the job has none.</param>
    /// <param name="events">About the job and the pod, the newest last.</param>
    public static Fault Describe(string image, PodInfo? pod, IReadOnlyList<EventInfo> events, TimeSpan elapsed)
    {
        var (fault, isFinal) = Look(image, pod, events);
        return isFinal || elapsed < StartLimit
            ? fault
            : new(FaultKind.RelayFailed, $"The relay was not ready within {StartLimit.TotalSeconds:0} s. {fault.Message}",
                fault.Hint ?? "It is waited for; the events of its pod tell why it takes time.");
    }

    private static (Fault Fault, bool IsFinal) Look(string image, PodInfo? pod, IReadOnlyList<EventInfo> events)
    {
        if (pod is null)
        {
            return events.LastOrDefault(said => said.Reason == "FailedCreate") is { } refused
                ? (new(FaultKind.RelayFailed, $"The cluster refuses the relay's pod: {Sentence(refused.Message)}",
                    "Ask for room or for an exemption, or set relay.namespace or relay.resources."), true)
                : (Starting("its pod is being created"), false);
        }

        if (pod.Problem is { } problem && ImageProblems.Contains(problem))
        {
            return (new(FaultKind.RelayFailed, $"The image {image} of the relay cannot be pulled ({problem}). {Sentence(pod.ProblemDetail)}".TrimEnd(),
                "Set relay.image to one that this cluster can pull, and relay.image_pull_secrets if it asks for a password."), true);
        }

        if (!pod.IsScheduled)
        {
            var why = events.LastOrDefault(said => said.Reason == "FailedScheduling")?.Message ?? pod.ProblemDetail;
            return why is null
                ? (Starting("it waits for a node"), false)
                : (new(FaultKind.RelayStarting, $"No node takes the relay's pod: {Sentence(why)}",
                    "It is waited for. Set relay.tolerations, relay.node_selector or relay.resources, or ask for room."), false);
        }

        if (pod.Problem is { } other)
        {
            return (new(FaultKind.RelayFailed, $"The relay's pod cannot start ({other}). {Sentence(pod.ProblemDetail)}".TrimEnd(),
                "Check relay.image and the namespace's policies."), true);
        }

        return (Starting(events.LastOrDefault(said => said.AboutUid == pod.Uid)?.Reason == "Pulling"
            ? $"the image {image} is being pulled"
            : $"pod {pod.Name} is starting"), false);
    }

    private static Fault Starting(string how) => new(FaultKind.RelayStarting, $"The relay is starting: {how}.", null);

    private static string Sentence(string? text) => text is null ? "" : KubernetesFaults.Sentence(text);
}
