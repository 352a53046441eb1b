using System.Net;
using Kftray.Sidecar.Datagrams;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Endpoints;

/// <summary>
/// The datagrams of one local peer as a connection whose bytes are frames: those that the peer sends are read, those that are written go to the
/// peer and to no other.
/// </summary>
internal sealed class UdpFlow(UdpEndpoint endpoint, SocketAddress peer, DatagramQueue received, long now) : IDuplexConnection
{
    private readonly DatagramReader _replies = new();
    private long _lastActive = now;
    private volatile bool _isWaiting;

    public SocketAddress Peer => peer;

    public DatagramQueue Received => received;

    /// <summary>Timestamp of the last datagram in either direction.</summary>
    public long LastActive => Volatile.Read(ref _lastActive);

    /// <summary>The last datagram was the peer's.</summary>
    public bool IsWaiting => _isWaiting;

    /// <summary>Used by the receiving loop only: waits to be told of what was received.</summary>
    public bool IsTouched { get; set; }

    /// <summary>The peer has sent a datagram.</summary>
    public void Asked(long timestamp)
    {
        Volatile.Write(ref _lastActive, timestamp);
        _isWaiting = true;
    }

    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken) => received.ReadAsync(cancellationToken);

    public ReadOnlyMemory<byte> TryRead() => received.TryRead();

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        _replies.Feed(bytes);
        var any = false;
        while (_replies.TryRead(out var datagram))
        {
            // Before it is sent: the peer's next question may come at once.
            (any, _isWaiting) = (true, false);
            endpoint.Send(datagram.Span, peer);
        }

        if (any)
            Volatile.Write(ref _lastActive, endpoint.Now);
        return ValueTask.CompletedTask;
    }

    /// <summary>There is no half of a flow: when the pod's side is over, the peer's next datagram begins another.</summary>
    public ValueTask CompleteWritesAsync()
    {
        End();
        return ValueTask.CompletedTask;
    }

    /// <summary>The peer has been silent for long enough, or makes room for another.</summary>
    public void End()
    {
        endpoint.Forget(this);
        received.End();
    }

    public void Abort()
    {
        endpoint.Forget(this);
        received.End(new EndOfConnectionException("The flow was ended."));
    }

    public ValueTask DisposeAsync()
    {
        endpoint.Forget(this);
        endpoint.CountDropped(received.Discard());
        _replies.Dispose();
        return ValueTask.CompletedTask;
    }
}
