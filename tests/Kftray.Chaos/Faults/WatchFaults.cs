using Kftray.Chaos.World;
using Kftray.Testing.Faults;

namespace Kftray.Chaos.Faults;

/// <summary>Watches that do not tell what happens. Sessions go on, so nobody's connection may suffer.</summary>
internal static class WatchFaults
{
    /// <summary>Watches end, and the next ones are refused: the history was compacted.</summary>
    public static Task GoneAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending)
    {
        var cluster = world.Clusters[fault.Cluster];
        cluster.Faults.Add(new RequestFault(FaultAction.Status) { Verb = "watch", Code = 410, Times = 1 + (fault.Pick % 3) });
        cluster.CompactHistory();
        foreach (var resource in (string[])["pods", "services", "endpointslices"]) cluster.Connections.DropAll(resource);
        return Task.CompletedTask;
    }

    /// <summary>Open watches end with an event that says so.</summary>
    public static Task ExpireAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending)
    {
        world.Clusters[fault.Cluster].Faults.Add(new RequestFault(FaultAction.Expire) { Verb = "watch", Times = 1 + (fault.Pick % 3) });
        return Task.CompletedTask;
    }

    public static Task HangAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending) =>
        SufferAsync(fault, world, new RequestFault(FaultAction.Silence) { Verb = "watch" }, ending);

    public static Task LagAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending) =>
        SufferAsync(fault, world, new RequestFault(FaultAction.Lag) { Verb = "watch", DelayMilliseconds = 200 + (fault.Pick % 3000) }, ending);

    private static async Task SufferAsync(PlannedFault fault, ChaosWorld world, RequestFault suffered, CancellationToken ending)
    {
        using var broken = world.Clusters[fault.Cluster].Break(suffered);
        await world.LastAsync(fault.Duration, ending);
    }
}
