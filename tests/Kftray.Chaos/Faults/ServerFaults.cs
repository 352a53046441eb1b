using Kftray.Chaos.World;
using Kftray.Testing.Faults;

namespace Kftray.Chaos.Faults;

/// <summary>API servers and the networks before them.</summary>
internal static class ServerFaults
{
    /// <summary>Nothing arrives any more in either direction, and nothing is reset.</summary>
    public static async Task FreezeAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending)
    {
        using var only = await world.AloneAsync(fault.Cluster);
        using var blocked = world.Truth.Block(world.Clock, fault.Cluster, isOutage: true);
        var broken = world.Truth.Break(world.Clock, fault.Cluster, fault.Kind);
        world.Clusters[fault.Cluster].Connections.Freeze();
        await world.LastAsync(fault.Duration, ending);
        world.Clusters[fault.Cluster].Connections.Thaw();
        broken.To = world.Clock.Now;
    }

    public static async Task RestartAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending)
    {
        using var only = await world.AloneAsync(fault.Cluster);
        using var blocked = world.Truth.Block(world.Clock, fault.Cluster, isOutage: true);
        await BreakAsync(world, fault, world.Clusters[fault.Cluster].StopServerAsync);
        await world.LastAsync(fault.Duration, ending);
        await world.Clusters[fault.Cluster].StartServerAsync(CancellationToken.None);
    }

    public static Task ResetAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending) => BreakAsync(world, fault, () =>
    {
        var connections = world.Clusters[fault.Cluster].Connections;
        _ = (fault.Pick & 1) == 0 ? connections.ResetAll("pods/portforward") : connections.DropAll("pods/portforward");
        return Task.CompletedTask;
    });

    /// <summary>As gateways do it that know only some of the ways; one way always works.</summary>
    public static async Task RefuseUpgradeAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending)
    {
        var cluster = world.Clusters[fault.Cluster];
        using var spdy = cluster.Break((fault.Pick & 3) switch
        {
            0 => new RequestFault(FaultAction.Unsupported) { Transport = "spdy" },
            1 => new RequestFault(FaultAction.Status) { Transport = "spdy", Code = 403 },
            2 => new RequestFault(FaultAction.Status) { Transport = "spdy", Code = 502 },
            _ => new RequestFault(FaultAction.WithoutSubprotocol) { Transport = "tunnel" },
        });
        await world.LastAsync(fault.Duration, ending);
    }

    public static Task UnauthorizedAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending) =>
        RefuseAsync(fault, world, new RequestFault(FaultAction.Status) { Code = 401 }, ending);

    public static Task ThrottleAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending) =>
        RefuseAsync(fault, world, new RequestFault(FaultAction.Status) { Code = 429, RetryAfterSeconds = 1 + (fault.Pick % 2), Verb = (fault.Pick & 4) == 0 ? null : "watch" }, ending);

    public static Task FailAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending) =>
        RefuseAsync(fault, world, new RequestFault(FaultAction.Status) { Code = (fault.Pick & 1) == 0 ? 500 : 503 }, ending);

    /// <summary>Requests are answered late, and so are the bytes of connections.</summary>
    public static async Task DelayAsync(PlannedFault fault, ChaosWorld world, CancellationToken ending)
    {
        var cluster = world.Clusters[fault.Cluster];
        using var late = cluster.Break(new RequestFault(FaultAction.Delay) { DelayMilliseconds = 50 + (fault.Pick % 1000) });
        cluster.Connections.Latency = TimeSpan.FromMilliseconds(5 + (fault.Pick % 60));
        await world.LastAsync(fault.Duration, ending);
        cluster.Connections.Latency = TimeSpan.Zero;
    }

    private static async Task RefuseAsync(PlannedFault fault, ChaosWorld world, RequestFault refusal, CancellationToken ending)
    {
        using var blocked = world.Truth.Block(world.Clock, fault.Cluster, isOutage: false);
        using var broken = world.Clusters[fault.Cluster].Break(refusal);
        await world.LastAsync(fault.Duration, ending);
    }

    private static async Task BreakAsync(ChaosWorld world, PlannedFault fault, Func<Task> harm)
    {
        var broken = world.Truth.Break(world.Clock, fault.Cluster, fault.Kind);
        await harm();
        broken.To = world.Clock.Now;
    }
}
