using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Tests.Rpc;

/// <summary>Snapshots to start from with <c>with</c>.</summary>
internal static class Snapshots
{
    public static ForwardSnapshot Active(string alias = "web") => new()
    {
        Id = $"shop/{alias}",
        Alias = alias,
        Source = "shop",
        Uri = "file:///shop/.vscode/kftray.json",
        Line = 3,
        Status = ForwardStatus.Active,
        Since = new(2026, 3, 1, 12, 30, 0, TimeSpan.Zero),
        Protocol = ForwardProtocol.Tcp,
        WorkloadType = WorkloadType.Service,
        Target = $"svc/{alias}:80",
        TargetName = alias,
        RemotePort = "80",
        LocalAddress = "127.0.0.1",
        LocalPort = 8080,
        Context = "kind",
        Namespace = "default",
        Pods = [$"{alias}-0"],
        Transport = "spdy",
        Traffic = Traffic.None,
    };

    public static ForwardSnapshot Reconnecting(string alias = "web") => Active(alias) with
    {
        Status = ForwardStatus.Reconnecting,
        Pods = [],
        Fault = new(FaultKind.NoReadyPod, "No pod of the service is ready.", "Look at the pods."),
        WaitingFor = WaitingFor.Event,
        Attempt = 1,
    };
}
