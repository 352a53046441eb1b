using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.PortForward;

/// <summary>A proven way to one pod. Streams to any of its ports are opened on it; those that fail do not end it, but its end ends them.</summary>
internal interface IPodSession : IAsyncDisposable
{
    /// <summary>Completes when the session is dead; the result says why.</summary>
    Task<Fault> Ended { get; }

    /// <summary>True while new streams may be opened.</summary>
    bool IsUsable { get; }

    /// <summary>True while any stream is open, also one whose client has sent everything and waits for the rest of the reply.</summary>
    bool HasStreams { get; }

    SessionLoad Load { get; }

    /// <summary>Timestamp of the last sign of life from the pod's node.</summary>
    long LastHeard { get; }

    /// <summary>Of the last ping that was answered; null when none was, or none can be sent.</summary>
    TimeSpan? RoundTrip => null;

    /// <summary>Asks for a sign of life; <see cref="LastHeard"/> tells whether there was one.</summary>
    void Prod();

    /// <summary>Opens a stream and sends its first bytes with it.</summary>
    /// <exception cref="EndOfConnectionException">The session is dead; none of the bytes reached the application.</exception>
    /// <exception cref="ForwardException">The server refused; none of the bytes reached the application.</exception>
    ValueTask<IPodStream> OpenAsync(int port, ReadOnlyMemory<byte> firstBytes, TimeSpan halfCloseGrace, CancellationToken cancellationToken);
}

/// <param name="Busy">Streams whose client is still there.</param>
/// <param name="StalledSince">Timestamp since which nothing moves because a client, or the pod, does not read; null while it does.</param>
internal readonly record struct SessionLoad(int Busy, long? StalledSince)
{
    public bool IsStalled => StalledSince is not null;
}

/// <summary>Tells a session that hears nothing whether that is the path's fault or that of a pod that does not read.</summary>
internal interface IPathWitness
{
    /// <summary>
    /// True when another session has heard from the pod's node since. If not, others are asked, or another is opened: a later call can tell.
    /// </summary>
    bool HasHeard(IPodSession asking, long since);
}
