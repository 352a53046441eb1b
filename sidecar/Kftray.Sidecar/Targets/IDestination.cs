using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Relay;

namespace Kftray.Sidecar.Targets;

/// <summary>Where the relay of a forward is to lead, over watches that it holds open.</summary>
internal interface IDestination : IAsyncDisposable
{
    /// <summary>In words for the row; null while all is well.</summary>
    string? Warning => null;

    /// <summary>Takes the newest state of everything it depends on.</summary>
    /// <returns>Tasks of which one completes when something of that is not the newest any more.</returns>
    IReadOnlyList<Task> Refresh();

    /// <summary>Concludes from what <see cref="Refresh"/> took. Neither while the cluster has not answered yet.</summary>
    (RelayDestination? Found, Resolution.Unavailable? Fault) Resolve();
}

internal static class Destination
{
    public static IDestination Of(ForwardSpec spec, Cluster cluster, string ns) => spec.WorkloadType switch
    {
        WorkloadType.Service => new ServiceDestination(spec, cluster, ns),
        WorkloadType.Pod => new PodDestination(spec, cluster, ns),
        WorkloadType.Proxy => new HostDestination(spec),
        _ => throw new ArgumentOutOfRangeException(nameof(spec), spec.WorkloadType, "No relay leads there."),
    };
}

/// <summary>A host that the config names: the relay finds it.</summary>
internal sealed class HostDestination(ForwardSpec spec) : IDestination
{
    public IReadOnlyList<Task> Refresh() => [];

    public (RelayDestination? Found, Resolution.Unavailable? Fault) Resolve() =>
        // Written as in a URL, an IPv6 address stands in brackets.
        (new((spec.RemoteAddress ?? spec.Service ?? "").Trim('[', ']'), spec.RemotePort.Number), null);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
