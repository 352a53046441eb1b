using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Kftray.Relay.Tests;

/// <summary>A server of datagrams, played by a test.</summary>
internal sealed class DatagramPeer : IDisposable
{
    private readonly Socket _socket;
    private readonly CancellationToken _timeout;

    public DatagramPeer(IPAddress address, int port, CancellationToken timeout)
    {
        _timeout = timeout;
        _socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 4 << 20, SendBufferSize = 4 << 20 };
        _socket.Bind(new IPEndPoint(address, port));
    }

    public IPEndPoint Address => (IPEndPoint)_socket.LocalEndPoint!;

    public async Task<(byte[] Payload, EndPoint From)> ReceiveAsync()
    {
        var buffer = new byte[70_000];
        var got = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _timeout);
        return (buffer[..got.ReceivedBytes], got.RemoteEndPoint);
    }

    public async Task<EndPoint> ReceiveTextAsync(string expected)
    {
        var (payload, from) = await ReceiveAsync();
        Assert.Equal(expected, Encoding.UTF8.GetString(payload));
        return from;
    }

    public async Task SendAsync(byte[] payload, EndPoint to) => await _socket.SendToAsync(payload, SocketFlags.None, to, _timeout);

    public Task SendTextAsync(string text, EndPoint to) => SendAsync(Encoding.UTF8.GetBytes(text), to);

    public void Dispose() => _socket.Dispose();
}
