using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Forwarding;

/// <summary>Opens streams to the pods of one cluster.</summary>
internal interface IPodDialer
{
    /// <summary>How connections reach this cluster's pods: <c>spdy</c>, <c>websocket</c> or <c>websocket-legacy</c>; null before the first session.</summary>
    string? Transport { get; }

    /// <summary>Datagrams that were dropped on the way to the pods; never any where the protocol can make a sender wait.</summary>
    long Dropped => 0;

    /// <summary>Makes sure that a session to the pod is open and stays ready, without touching the application.</summary>
    /// <exception cref="ForwardException">No session could be opened: why.</exception>
    ValueTask<ISessionLease> WarmAsync(PodTarget target, CancellationToken cancellationToken);

    /// <summary>
    /// Opens a stream to the pod's port and sends the first bytes with it. Nothing is awaited that costs a round trip when a session is warm,
    /// so a refusal by the pod shows later, as <see cref="IPodStream.Failure"/>.
    /// </summary>
    /// <param name="halfCloseGrace">How long the pod may be silent after our end of stream before it is told of it.</param>
    /// <exception cref="ForwardException">No session could be opened, and none of the bytes were sent.</exception>
    ValueTask<IPodStream> DialAsync(
        PodTarget target, ReadOnlyMemory<byte> firstBytes, TimeSpan halfCloseGrace, CancellationToken cancellationToken);

    /// <summary>The cluster no longer knows the pod: what is still open to it is closed, after a moment for its last words.</summary>
    void Abandon(string @namespace, string pod, string uid);
}

/// <summary>The proof that a pod can be reached, kept up while it is held. Disposing lets the warm session retire.</summary>
internal interface ISessionLease : IAsyncDisposable
{
    /// <summary>Completes when the pod has no live session any more; the result says why.</summary>
    Task<Fault> Lost { get; }

    /// <summary>Of the last ping to the pod's node; null while none was answered.</summary>
    TimeSpan? RoundTrip { get; }
}

/// <summary>A stream to a port of a pod.</summary>
internal interface IPodStream : IDuplexConnection
{
    /// <summary>Why the stream failed, once a read or a write has thrown; null before that.</summary>
    PodStreamFailure? Failure { get; }

    /// <summary>
    /// Cancelled when nothing more will come and the client is to be reset even while it does not read: its session was lost, or others
    /// had to wait for this client. Everything else shows in the next read.
    /// </summary>
    CancellationToken Lost => CancellationToken.None;
}

/// <param name="ApplicationGotNothing">True only when it is proven that no byte reached the application: the same bytes may be sent again.</param>
internal sealed record PodStreamFailure(Fault Fault, bool ApplicationGotNothing);
