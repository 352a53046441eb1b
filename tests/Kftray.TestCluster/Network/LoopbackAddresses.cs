using System.Net;
using System.Net.Sockets;

namespace Kftray.Testing.Network;

/// <summary>Gives every pod and service an address of its own in 127.0.0.0/8, beginning at a random place so that clusters seldom meet.</summary>
internal sealed class LoopbackAddresses
{
    private int _next = Random.Shared.Next(0x010000, 0xfe0000);

    public IPAddress Next()
    {
        // Only Linux and Windows answer on the whole block.
        if (OperatingSystem.IsMacOS()) return IPAddress.Loopback;
        var host = Interlocked.Increment(ref _next) & 0xffffff;
        return new IPAddress([127, (byte)(host >> 16), (byte)(host >> 8), (byte)host]);
    }

    /// <summary>An address for a service; where there is but one loopback address, one that nobody serves.</summary>
    public IPAddress NextForService() =>
        OperatingSystem.IsMacOS() ? new IPAddress([10, 96, (byte)Random.Shared.Next(1, 255), (byte)Random.Shared.Next(1, 255)]) : Next();

    /// <summary>Binds to the address and port, or, where that is taken or not allowed, to any port: what dials goes through the pod's table.</summary>
    public static Socket Bind(IPAddress address, int port, SocketType type)
    {
        foreach (var candidate in new[] { new IPEndPoint(address, port), new IPEndPoint(address, 0) })
        {
            var socket = new Socket(AddressFamily.InterNetwork, type, type == SocketType.Dgram ? ProtocolType.Udp : ProtocolType.Tcp);
            try
            {
                socket.Bind(candidate);
                return socket;
            }
            catch (SocketException) when (candidate.Port != 0)
            {
                socket.Dispose();
            }
        }

        throw new InvalidOperationException($"no port could be bound on {address}");
    }
}
