using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Targets;

/// <summary>
/// Keeps pods in the order in which they came: a new one goes to the end. Connections that stick to the first pod then stay with it
/// for as long as it is ready, however the names sort.
/// </summary>
internal sealed class StableOrder
{
    private IReadOnlyList<PodTarget> _last = [];

    public IReadOnlyList<PodTarget> Apply(IReadOnlyList<PodTarget> pods) =>
        _last = [.. _last.Where(pods.Contains), .. pods.Except(_last)];
}
