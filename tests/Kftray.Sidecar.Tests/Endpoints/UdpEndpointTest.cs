using Kftray.Sidecar.Datagrams;
using Kftray.Sidecar.Endpoints;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Tests.Fakes;
using Xunit;

namespace Kftray.Sidecar.Tests.Endpoints;

/// <summary>A UDP endpoint on a socket in memory, and two of its peers.</summary>
public abstract class UdpEndpointTest : TestBase
{
    protected const int Anna = 40001;
    protected const int Bert = 40002;

    private protected UdpEndpointTest() => Endpoint = Own(new UdpEndpoint(Socket, Time));

    private protected FakeDatagramSocket Socket { get; } = new();

    private protected UdpEndpoint Endpoint { get; }

    private protected static ReadOnlyMemory<byte> Frames(params byte[][] datagrams)
    {
        using var queue = new DatagramQueue(new DatagramBudget(1 << 20));
        foreach (var datagram in datagrams)
            Assert.True(queue.TryAdd(datagram));
        return queue.TryRead().ToArray();
    }

    private protected async Task<IDuplexConnection> AcceptAsync() => Own(await Endpoint.AcceptAsync(TimeoutToken));

    private protected async Task AssertSentAsync(int peer, byte[] expected)
    {
        var (datagram, port) = await Socket.NextSentAsync(TimeoutToken);
        Assert.Equal(peer, port);
        Assert.Equal(expected, datagram);
    }

    private protected async Task<List<byte[]>> ReadAsync(IDuplexConnection flow)
    {
        using var reader = new DatagramReader();
        List<byte[]> datagrams = [];
        reader.Feed(await flow.ReadAsync(TimeoutToken));
        while (reader.TryRead(out var payload))
            datagrams.Add(payload.ToArray());
        return datagrams;
    }
}
