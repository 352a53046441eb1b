namespace Kftray.Sidecar.Forwarding;

/// <summary>Opens streams to the pods of one cluster.</summary>
internal interface IPodDialer
{
    /// <summary>How connections reach this cluster's pods: <c>spdy</c> or <c>websocket</c>; null before the first session.</summary>
    string? Transport { get; }

    /// <summary>
    /// Makes sure that a session to the pod is open, without touching the application, and returns a task-like lease on it.
    /// </summary>
    /// <exception cref="ForwardException">No session could be opened: why.</exception>
    ValueTask<ISessionLease> WarmAsync(PodTarget target, CancellationToken cancellationToken);

    /// <summary>Opens a stream to the pod's port. Nothing is awaited that costs a round trip when a session is warm.</summary>
    /// <exception cref="ForwardException">No session could be opened: why.</exception>
    ValueTask<IPodStream> DialAsync(PodTarget target, CancellationToken cancellationToken);
}

/// <summary>The proof that a pod can be reached. Disposing lets the warm session retire.</summary>
internal interface ISessionLease : IAsyncDisposable
{
    /// <summary>Completes when the pod has no live session any more; the result says why.</summary>
    Task<Contract.Fault> Lost { get; }
}

/// <summary>A stream to a port of a pod.</summary>
internal interface IPodStream : IDuplexConnection
{
    /// <summary>
    /// Why the stream failed, once <see cref="IDuplexConnection.ReadAsync"/> or a write has thrown; null after an ordinary end.
    /// </summary>
    PodStreamFailure? Failure { get; }
}

/// <param name="ApplicationGotNothing">True only when it is proven that no byte reached the application: the same bytes may be sent again.</param>
internal sealed record PodStreamFailure(Contract.Fault Fault, bool ApplicationGotNothing);
