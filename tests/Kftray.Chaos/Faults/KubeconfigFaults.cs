using Kftray.Chaos.World;

namespace Kftray.Chaos.Faults;

/// <summary>What people and tools do to a kubeconfig while it is in use.</summary>
internal static class KubeconfigFaults
{
    public static Task SwitchAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending) => world.Kubeconfig.SwitchAsync(fault.Cluster);

    /// <summary>Nothing that matters changes: other credentials for the same user, or a file that is not whole for a moment.</summary>
    public static Task EditAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending)
    {
        var moment = TimeSpan.FromMilliseconds(50 + (fault.Pick % 1200));
        return (fault.Pick & 3) switch
        {
            0 => world.Kubeconfig.RotateAsync(fault.Cluster),
            1 => world.Kubeconfig.TearAsync(moment, ending),
            2 => world.Kubeconfig.RemoveAsync(moment, ending),
            _ => world.Kubeconfig.WriteAsync(),
        };
    }

    /// <summary>The context is gone from the file; connections live on, new ones wait.</summary>
    public static async Task HideAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending)
    {
        // The current one stays: a kubeconfig whose current context does not exist leads nowhere.
        var cluster = fault.Cluster == world.Kubeconfig.Current ? (fault.Cluster + 1) % world.Clusters.Count : fault.Cluster;
        using var blocked = world.Truth.Block(world.Clock, cluster, isOutage: false);
        await world.Kubeconfig.HideAsync(cluster);
        await world.LastAsync(fault.Duration, ending);
        await world.Kubeconfig.ShowAsync(cluster);
    }
}
