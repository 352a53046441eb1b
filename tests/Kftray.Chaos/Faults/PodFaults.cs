using Kftray.Chaos.World;
using Kftray.Testing.Pods;

namespace Kftray.Chaos.Faults;

/// <summary>What happens to pods: each of these an application survives by itself after a while.</summary>
internal static class PodFaults
{
    public static async Task DeleteAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending)
    {
        if (Choose(fault, world) is not { } pod) return;
        world.Clusters[fault.Cluster].Pods.Delete(pod);
        await ReturnAsync(fault, world, ending);
    }

    public static async Task DeleteByForceAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending)
    {
        if (Choose(fault, world) is not { } pod) return;
        world.Clusters[fault.Cluster].Pods.Delete(pod, graceSeconds: 0);
        await ReturnAsync(fault, world, ending);
    }

    public static async Task RolloutAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending)
    {
        var before = world.Ready(fault.Cluster, fault.Application);
        world.Clusters[fault.Cluster].World.Restart(KubeconfigFile.Namespace, fault.Application.Name);
        foreach (var pod in before) await world.Clusters[fault.Cluster].Pods.WaitGoneAsync(pod, ending);
        await ReturnAsync(fault, world, ending);
    }

    public static async Task ScaleToZeroAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending)
    {
        var objects = world.Clusters[fault.Cluster].World;
        objects.Scale(KubeconfigFile.Namespace, fault.Application.Name, 0);
        await world.LastAsync(fault.Duration, ending);
        objects.Scale(KubeconfigFile.Namespace, fault.Application.Name, fault.Application.Replicas);
        await ReturnAsync(fault, world, ending);
    }

    public static async Task RestartContainerAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending)
    {
        Crash(fault, world);
        await ReturnAsync(fault, world, ending);
    }

    public static async Task CrashLoopAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending)
    {
        for (var until = world.Clock.Now + fault.Duration; world.Clock.Now < until && !ending.IsCancellationRequested;)
        {
            Crash(fault, world);
            await ReturnAsync(fault, world, ending);
            await world.LastAsync(TimeSpan.FromMilliseconds(300), ending);
        }
    }

    /// <summary>Nothing listens any more, and the API goes on calling the pod ready.</summary>
    public static async Task CrashSilentlyAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending)
    {
        if (Choose(fault, world) is not { } pod) return;
        await pod.KillApplicationsAsync(byReset: (fault.Pick & 1) == 0);
        world.Look(fault.Cluster);
        await world.LastAsync(fault.Duration, ending);
        if (!pod.IsRemoved) pod.StartApplications();
        world.Look(fault.Cluster);
    }

    /// <summary>Its readiness probe fails, and it goes on serving.</summary>
    public static async Task UnreadyAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending)
    {
        if (Choose(fault, world) is not { } pod) return;
        Set(false);
        await world.LastAsync(fault.Duration, ending);
        Set(true);

        void Set(bool isReady)
        {
            try
            {
                world.Clusters[fault.Cluster].Pods.SetReady(pod.Namespace, pod.Name, isReady && pod.EndPointOf(Application.ContainerPort) is not null);
            }
            catch (KeyNotFoundException)
            {
                // Another fault has taken the pod meanwhile.
            }
        }
    }

    private static void Crash(PlannedFault fault, ChaosWorld world)
    {
        if (Choose(fault, world) is not { } pod) return;
        try
        {
            world.Clusters[fault.Cluster].Pods.Crash(pod.Namespace, pod.Name, byReset: (fault.Pick & 1) == 0);
        }
        catch (KeyNotFoundException)
        {
            // Another fault has taken the pod meanwhile.
        }
    }

    private static TestPod? Choose(PlannedFault fault, ChaosWorld world) =>
        world.Ready(fault.Cluster, fault.Application) is { Length: > 0 } ready ? ready[(fault.Pick >> 1) % ready.Length] : null;

    // Over when a pod is ready again. Another fault may keep that from happening: then this one is over with it.
    private static async Task ReturnAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending)
    {
        using var limit = world.Clock.Limit(TimeSpan.FromSeconds(20));
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, ending);
        await ((Task)world.Clusters[fault.Cluster].Pods.WaitReadyAsync(KubeconfigFile.Namespace, $"app={fault.Application.Name}", either.Token))
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
