using System.Net;
using System.Net.Sockets;
using Kftray.Sidecar.Endpoints;
using Kftray.Sidecar.Tests.Fakes;
using Xunit;

namespace Kftray.Sidecar.Tests.Endpoints;

public sealed class DatagramSocketTests : TestBase
{
    /// <summary>Flows answer when they have an answer, whatever the others do.</summary>
    [Fact]
    public async Task Send_FromManyThreadsAtOnce_Works()
    {
        using var peer = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        peer.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var socket = new DatagramSocket(new IPEndPoint(IPAddress.Loopback, 0));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(SendMany, TimeoutToken)));

        void SendMany()
        {
            var address = peer.LocalEndPoint!.Serialize();
            for (var sent = 0; sent < 50_000; sent++)
                socket.Send([1], address);
        }
    }
}
