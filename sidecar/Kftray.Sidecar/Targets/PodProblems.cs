using Kftray.Sidecar.Kubernetes;

namespace Kftray.Sidecar.Targets;

/// <summary>What to do about a pod that is not ready, by the kubelet's own words for why.</summary>
internal static class PodProblems
{
    /// <returns>Advice about the first pod whose trouble is known; null when none is.</returns>
    public static string? Remedy(IEnumerable<PodInfo> pods) => pods.Select(Remedy).FirstOrDefault(remedy => remedy is not null);

    // https://github.com/kubernetes/kubernetes/blob/master/pkg/kubelet/images/types.go and …/kubelet/container/sync_result.go name the reasons.
    private static string? Remedy(PodInfo pod) => pod.Problem switch
    {
        "CrashLoopBackOff" or "Error" or "OOMKilled" =>
            $"Its container ends again and again; why, its log tells: kubectl logs --previous -n {pod.Namespace} {pod.Name}",
        "ImagePullBackOff" or "ErrImagePull" or "InvalidImageName" or "ErrImageNeverPull" =>
            "Its image cannot be pulled: check the image's name and tag, and the pull secret.",
        "CreateContainerConfigError" or "CreateContainerError" =>
            "It names a ConfigMap, Secret or volume that is not there: create it, or correct the pod's template.",
        "Unschedulable" =>
            $"No node takes it; what is missing: kubectl describe pod -n {pod.Namespace} {pod.Name}",
        ResourceMapping.ProbeNotPassed =>
            "Its readiness probe does not pass: check what the probe asks for, and the application's log.",
        "Evicted" => "Its node was short of memory or disk: it is waited for a new pod.",
        _ => null,
    };
}
