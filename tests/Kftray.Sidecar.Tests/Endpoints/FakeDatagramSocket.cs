using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Kftray.Sidecar.Endpoints;

namespace Kftray.Sidecar.Tests.Endpoints;

/// <summary>A UDP socket in memory: the test plays every peer and every error.</summary>
internal sealed class FakeDatagramSocket : IDatagramSocket
{
    private readonly Channel<(byte[] Datagram, SocketAddress? Peer, SocketError Error)> _incoming =
        Channel.CreateUnbounded<(byte[], SocketAddress?, SocketError)>();

    private readonly Channel<(byte[] Datagram, int Port)> _sent = Channel.CreateUnbounded<(byte[], int)>();

    public IPEndPoint LocalEndPoint { get; } = new(IPAddress.Loopback, 5353);

    /// <summary>Thrown by the sends that follow; null: they work.</summary>
    public SocketError? SendError { get; set; }

    /// <summary>The peer with this port sends a datagram.</summary>
    public void Arrive(int port, params byte[] datagram) =>
        _incoming.Writer.TryWrite((datagram, new IPEndPoint(IPAddress.Loopback, port).Serialize(), SocketError.Success));

    public void Fail(SocketError error) => _incoming.Writer.TryWrite(([], null, error));

    /// <summary>The next reply, and the port of the peer that gets it.</summary>
    public ValueTask<(byte[] Datagram, int Port)> NextSentAsync(CancellationToken timeout) => _sent.Reader.ReadAsync(timeout);

    public async ValueTask<int> ReceiveAsync(Memory<byte> buffer, SocketAddress peer, CancellationToken cancellationToken)
    {
        var (datagram, from, error) = await _incoming.Reader.ReadAsync(cancellationToken);
        if (from is null)
            throw new SocketException((int)error);
        from.Buffer.Span[..from.Size].CopyTo(peer.Buffer.Span);
        peer.Size = from.Size;
        datagram.CopyTo(buffer);
        return datagram.Length;
    }

    public void Send(ReadOnlySpan<byte> datagram, SocketAddress peer)
    {
        if (SendError is { } error)
            throw new SocketException((int)error);
        _sent.Writer.TryWrite((datagram.ToArray(), ((IPEndPoint)LocalEndPoint.Create(peer)).Port));
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}
