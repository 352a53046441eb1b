using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Targets;

/// <summary>One way from a forward to its pods, over watches that it holds open.</summary>
internal interface ITargetView : IAsyncDisposable
{
    /// <summary>Takes the newest state of everything it depends on.</summary>
    /// <returns>Tasks of which one completes when something of that is not the newest any more.</returns>
    IReadOnlyList<Task> Refresh();

    /// <summary>Concludes from what <see cref="Refresh"/> took.</summary>
    /// <returns>Null while the cluster has not answered yet.</returns>
    Resolution? Resolve();
}
