using Kftray.Chaos.World;

namespace Kftray.Chaos.Faults;

/// <summary>Everything that can be made to go wrong, by name. A new fault is one entry here.</summary>
internal static class FaultCatalogue
{
    /// <summary>Does harm, and returns when it is healed. A token that ends the run early ends the harm, too.</summary>
    public delegate Task Injection(PlannedFault fault, ChaosWorld world, CancellationToken ending);

    public static IReadOnlyDictionary<string, Injection> All { get; } = new Dictionary<string, Injection>
    {
        ["pod-deleted"] = PodFaults.DeleteAsync,
        ["pod-deleted-by-force"] = PodFaults.DeleteByForceAsync,
        ["rollout"] = PodFaults.RolloutAsync,
        ["scaled-to-zero"] = PodFaults.ScaleToZeroAsync,
        ["container-restart"] = PodFaults.RestartContainerAsync,
        ["crash-loop"] = PodFaults.CrashLoopAsync,
        ["silent-crash"] = PodFaults.CrashSilentlyAsync,
        ["unready"] = PodFaults.UnreadyAsync,
        ["watch-410"] = WatchFaults.GoneAsync,
        ["watch-410-event"] = WatchFaults.ExpireAsync,
        ["watch-hangs"] = WatchFaults.HangAsync,
        ["watch-lags"] = WatchFaults.LagAsync,
        ["frozen"] = ServerFaults.FreezeAsync,
        ["api-restart"] = ServerFaults.RestartAsync,
        ["connections-reset"] = ServerFaults.ResetAsync,
        ["upgrade-refused"] = ServerFaults.RefuseUpgradeAsync,
        ["unauthorized"] = ServerFaults.UnauthorizedAsync,
        ["throttled"] = ServerFaults.ThrottleAsync,
        ["server-errors"] = ServerFaults.FailAsync,
        ["latency"] = ServerFaults.DelayAsync,
        ["context-switch"] = KubeconfigFaults.SwitchAsync,
        ["kubeconfig-edit"] = KubeconfigFaults.EditAsync,
        ["context-missing"] = KubeconfigFaults.HideAsync,
    };
}
