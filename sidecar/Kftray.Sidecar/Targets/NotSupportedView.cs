using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Targets;

/// <summary>A workload type that cannot be forwarded yet. Such forwards are blocked earlier; if one comes here, this is the answer.</summary>
internal sealed class NotSupportedView(WorkloadType type) : ITargetView
{
    public IReadOnlyList<Task> Refresh() => [];

    public Resolution? Resolve() => TargetFaults.Wait(FaultKind.NotSupported,
        $"Forwards of the type '{type.ToString().ToLowerInvariant()}' are not supported yet.", "Use the type service or pod.");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
