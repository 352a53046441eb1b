using System.Net;
using System.Net.Sockets;

namespace Kftray.Sidecar.Endpoints;

/// <summary>A bound UDP socket. A seam: systems differ in what they report on one, and tests let it fail.</summary>
internal interface IDatagramSocket : IDisposable
{
    IPEndPoint LocalEndPoint { get; }

    /// <param name="peer">Receives who sent it.</param>
    /// <returns>The length of the datagram.</returns>
    /// <exception cref="SocketException">Nothing was received; the socket may be fine all the same.</exception>
    ValueTask<int> ReceiveAsync(Memory<byte> buffer, SocketAddress peer, CancellationToken cancellationToken);

    /// <summary>Any number of threads may send at the same time. Does not wait for room.</summary>
    /// <exception cref="SocketException">It was not sent.</exception>
    void Send(ReadOnlySpan<byte> datagram, SocketAddress peer);
}

/// <summary>The socket of the operating system, with the largest buffers that it gives: what does not fit there is lost.</summary>
internal sealed class DatagramSocket : IDatagramSocket
{
    private const int BufferSize = 4 * 1024 * 1024;
    private const int SmallestBufferSize = 128 * 1024;

    // https://learn.microsoft.com/windows/win32/winsock/winsock-ioctls#sio_udp_connreset-opcode-setting-i
    private const int SioUdpConnReset = unchecked((int)0x9800000C);

    private readonly Socket _socket;

    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public DatagramSocket(IPEndPoint endPoint)
    {
        _socket = new Socket(endPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            // Else Windows fails a receive when an earlier reply found its peer gone.
            if (OperatingSystem.IsWindows())
                _socket.IOControl(SioUdpConnReset, [0, 0, 0, 0], null);
            Enlarge(size => _socket.ReceiveBufferSize = size);
            Enlarge(size => _socket.SendBufferSize = size);
            _socket.Blocking = false;
            _socket.Bind(endPoint);
            LocalEndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    public IPEndPoint LocalEndPoint { get; }

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, SocketAddress peer, CancellationToken cancellationToken) =>
        _socket.ReceiveFromAsync(buffer, SocketFlags.None, peer, cancellationToken);

    // Not SendToAsync: .NET 10 takes the address out of an operation that another thread may have begun to use by then (a NullReferenceException,
    // and the flow is gone). Nothing waits here anyway: the way to a local peer has no queue but the peer's own buffer.
    public void Send(ReadOnlySpan<byte> datagram, SocketAddress peer) => _socket.SendTo(datagram, SocketFlags.None, peer);

    public void Dispose() => _socket.Dispose();

    // Linux takes any size and gives what it may; macOS refuses what is too large.
    private static void Enlarge(Action<int> set)
    {
        for (var size = BufferSize; size >= SmallestBufferSize; size /= 2)
        {
            try
            {
                set(size);
                return;
            }
            catch (SocketException)
            {
                // The next smaller one.
            }
        }
    }
}
