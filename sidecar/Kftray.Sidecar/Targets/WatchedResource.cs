using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Kubernetes.Watching;

namespace Kftray.Sidecar.Targets;

/// <summary>
/// A shared watch with the state that was taken last. Where listing is forbidden and one object's name is known, it asks for that object instead.
/// </summary>
/// <param name="single">The one name that will do; null when all are needed.</param>
internal sealed class WatchedResource<T>(Cluster cluster, ResourceKind<T> kind, string ns, string? single = null) : IAsyncDisposable
    where T : IResource
{
    private readonly WatchLease<T> _watch = cluster.Watch(kind, ns);
    private WatchLease<T>? _poll;

    /// <summary>What <see cref="Refresh"/> took.</summary>
    public WatchState<T> State { get; private set; } = WatchState<T>.Unknown;

    public bool IsForbidden => State is { IsKnown: false, Trouble.Fault.Kind: FaultKind.Forbidden };

    /// <summary>In words for the row; null while all is well.</summary>
    public string? Warning => State switch
    {
        { IsKnown: true, Trouble: { } trouble } => $"What is known of {kind.Plural} may be old: {trouble.Fault.Message}",
        { IsPolled: true } => $"You may not {(_poll is null ? "watch" : "list")} {kind.Plural}: changes are seen up to 2 s late.",
        _ => null,
    };

    /// <summary>Takes the newest state.</summary>
    /// <param name="superseded">Receives what completes when it is not the newest any more.</param>
    public void Refresh(List<Task> superseded)
    {
        var watched = _watch.Current;
        State = watched.Value;
        superseded.Add(watched.Superseded);
        if (single is null || !IsForbidden)
            return;

        var polled = (_poll ??= cluster.Poll(kind, ns, single)).Current;
        superseded.Add(polled.Superseded);
        // Until the poll has an answer of its own the refusal is the news: it says what is going on.
        if (polled.Value.IsKnown || polled.Value.Trouble is not null)
            State = polled.Value;
        else
            State = WatchState<T>.Unknown;
    }

    public async ValueTask DisposeAsync()
    {
        await _watch.DisposeAsync();
        if (_poll is not null)
            await _poll.DisposeAsync();
    }
}
