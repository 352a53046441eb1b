using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>What a pod says, while it says it.</summary>
internal static class PodLog
{
    /// <summary>Follows the log of the pod's main container until it ends.</summary>
    /// <param name="kubeconfig">As a forward names it.</param>
    /// <param name="write">Takes a piece; the next is read when it has.</param>
    /// <exception cref="ForwardException">The cluster could not or would not answer.</exception>
    public static async Task FollowAsync(
        ClusterRegistry clusters, string? kubeconfig, string? context, string ns, string pod, int tailLines,
        Func<string, CancellationToken, ValueTask> write, CancellationToken cancellationToken)
    {
        try
        {
            var reader = clusters.Open(clusters.WatchKubeconfig(kubeconfig), context).Cluster.Reader;
            // Without a container's name the server refuses pods that have several.
            var found = await reader.GetAsync(ResourceKinds.Pods, ns, pod, cancellationToken);
            await reader.FollowLogAsync(ns, pod, found.MainContainer, tailLines, write, cancellationToken);
        }
        catch (ApiStatusException e)
        {
            throw new ForwardException(e.Fault, e);
        }
    }
}
