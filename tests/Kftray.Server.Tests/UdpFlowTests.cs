using System.Net;
using System.Net.Sockets;

namespace Kftray.Relay.Tests;

/// <summary>Datagrams with a client that knows our protocol.</summary>
public sealed class UdpFlowTests : RelayTest
{
    private readonly DatagramPeer _target;

    public UdpFlowTests() => _target = BindUdp();

    [Fact]
    public async Task Replies_ThreeToOneQuestion_ArriveInOrder()
    {
        var client = await OpenFlowAsync();
        await client.SendFrameAsync("ask"u8.ToArray());
        var from = await _target.ReceiveTextAsync("ask");
        foreach (var answer in (string[])["one", "two", "three"])
            await _target.SendTextAsync(answer, from);

        Assert.Equal("one"u8.ToArray(), await client.ReadFrameAsync());
        Assert.Equal("two"u8.ToArray(), await client.ReadFrameAsync());
        Assert.Equal("three"u8.ToArray(), await client.ReadFrameAsync());
    }

    [Fact]
    public async Task OneWay_ThousandDatagrams_WaitForNoAnswer()
    {
        var client = await OpenFlowAsync();
        // Sizes that change, so that some go together and some alone.
        var sizes = Enumerable.Range(0, 1000).Select(i => 2 + i / 10 % 7 * 100).ToArray();
        await client.SendAsync([.. sizes.SelectMany((size, i) => RelayClient.Frame(Numbered(i, size)))]);

        for (var i = 0; i < sizes.Length; i++)
            Assert.Equal(Numbered(i, sizes[i]), (await _target.ReceiveAsync()).Payload);
    }

    [Fact]
    public async Task ServerFirst_Datagrams_ArriveWithoutAFurtherQuestion()
    {
        var client = await OpenFlowAsync();
        await client.SendFrameAsync([]);
        var (payload, from) = await _target.ReceiveAsync();
        Assert.Empty(payload);
        for (var i = 0; i < 100; i++)
            await _target.SendAsync(Numbered(i, 50), from);

        for (var i = 0; i < 100; i++)
            Assert.Equal(Numbered(i, 50), await client.ReadFrameAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1472)]
    [InlineData(9000)]
    [InlineData(65_507)]
    public async Task Datagram_OfAnySize_ArrivesWholeBothWays(int size) => await ArrivesWholeBothWaysAsync(await OpenFlowAsync(), _target, size);

    [Fact]
    public async Task Flows_OfTwoClients_NeverSeeEachOthersReplies()
    {
        await RunAsync(ProxyType.Udp, _target.Address);
        var (first, second) = (await OpenAsync(RelayKind.Udp), await OpenAsync(RelayKind.Udp));
        await first.SendFrameAsync("a"u8.ToArray());
        var fromFirst = await _target.ReceiveTextAsync("a");
        await second.SendFrameAsync("b"u8.ToArray());
        var fromSecond = await _target.ReceiveTextAsync("b");
        await _target.SendTextAsync("to b", fromSecond);
        await _target.SendTextAsync("to a", fromFirst);

        Assert.NotEqual(fromFirst, fromSecond);
        Assert.Equal("to a"u8.ToArray(), await first.ReadFrameAsync());
        Assert.Equal("to b"u8.ToArray(), await second.ReadFrameAsync());
    }

    [Fact]
    public async Task Datagram_FromAStranger_ReachesNobody()
    {
        var client = await OpenFlowAsync();
        await client.SendFrameAsync("ask"u8.ToArray());
        var from = await _target.ReceiveTextAsync("ask");
        await BindUdp().SendTextAsync("forged", from);
        await _target.SendTextAsync("true", from);

        Assert.Equal("true"u8.ToArray(), await client.ReadFrameAsync());
    }

    [Fact]
    public async Task Refusal_OfTheTarget_IsSaidAndTheFlowLivesOn()
    {
        var client = await OpenFlowAsync();
        var address = _target.Address;
        _target.Dispose();
        await client.SendFrameAsync("lost"u8.ToArray());
        var (status, text) = await client.ReadControlFrameAsync();
        Assert.Equal((RelayStatus.Refused, $"{address} refused: nothing listens there."), (status, text));

        var reborn = BindUdp(address.Address, address.Port);
        await client.SendFrameAsync("hello again"u8.ToArray());
        await reborn.SendTextAsync("welcome", await reborn.ReceiveTextAsync("hello again"));
        Assert.Equal("welcome"u8.ToArray(), await client.ReadFrameAsync());
    }

    [Theory]
    [InlineData(65_508u)]
    [InlineData(0x8000_0003u)]
    [InlineData(0xFFFF_FFFFu)]
    public async Task Frame_OfALengthNobodyMaySend_EndsTheFlowAndIsCounted(uint length)
    {
        var relay = await RunAsync(ProxyType.Udp, _target.Address);
        var client = await OpenAsync(RelayKind.Udp);
        await client.SendFrameAsync("good"u8.ToArray());
        await client.SendLengthAsync(length);
        await client.ReadAnyEndAsync();

        await _target.ReceiveTextAsync("good");
        Assert.EndsWith("counted: BadFrame 1", (await relay.TerminateAsync(TimeoutToken)).LastLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Flow_WithoutADatagram_EndsAfterItsTimeAndNotBefore()
    {
        var relay = RunInProcess(ProxyType.Udp, _target.Address);
        var client = await OpenAsync(RelayKind.Udp);
        await client.SendFrameAsync("ask"u8.ToArray());
        var from = await _target.ReceiveTextAsync("ask");
        relay.Time.Advance(TimeSpan.FromSeconds(119));
        await _target.SendTextAsync("late", from);
        Assert.Equal("late"u8.ToArray(), await client.ReadFrameAsync());
        relay.Time.Advance(TimeSpan.FromSeconds(119));
        await _target.SendTextAsync("later", from);
        Assert.Equal("later"u8.ToArray(), await client.ReadFrameAsync());
        relay.Time.Advance(TimeSpan.FromSeconds(120));

        await client.ReadAnyEndAsync();
    }

    [Fact]
    public async Task Client_InTheMiddleOfAFrame_EndsAfterTheFlowsTime()
    {
        var relay = RunInProcess(ProxyType.Udp, _target.Address);
        var client = await OpenAsync(RelayKind.Udp);
        await client.SendAsync(0, 0, 0, 9, 1);
        await relay.AdvanceUntilAsync(client.ReadAnyEndAsync(), TimeSpan.FromSeconds(120));
    }

    private async Task<RelayClient> OpenFlowAsync()
    {
        await RunAsync(ProxyType.Udp, _target.Address);
        return await OpenAsync(RelayKind.Udp);
    }

    private static byte[] Numbered(int number, int size)
    {
        var payload = new byte[size];
        BitConverter.TryWriteBytes(payload, (short)number);
        return payload;
    }
}
