using System.Net;
using System.Net.Sockets;

namespace Kftray.Relay.Tests;

/// <summary>What a client of the control port is told.</summary>
public sealed class ControlTests : RelayTest
{
    [Fact]
    public async Task Status_WhenTheNameIsNotFound_SaysSo()
    {
        await RunAsync(ProxyType.Udp, new DnsEndPoint("no-such-name.invalid", 53));
        var (status, text) = await (await SayHelloAsync(RelayKind.Udp)).ReadStatusAsync();

        Assert.Equal(RelayStatus.NameNotFound, status);
        Assert.StartsWith("The name of no-such-name.invalid:53 ", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_WhenTheTargetRefuses_SaysSoThoughThePayloadWasSentAlready()
    {
        var nobody = Nobody(SocketType.Stream);
        await RunAsync(ProxyType.Tcp, nobody);
        var client = await SayHelloAsync(RelayKind.Tcp);
        await client.SendTextAsync("payload that nobody reads");

        Assert.Equal((RelayStatus.Refused, $"{nobody} refused: nothing listens there."), await client.ReadStatusAsync());
        await client.ReadEndAsync();
    }

    [Theory]
    [InlineData(ProxyType.Tcp, RelayKind.Tcp)]
    [InlineData(ProxyType.Udp, RelayKind.Udp)]
    internal async Task Status_WhenThereIsNoWay_SaysSo(ProxyType type, RelayKind kind)
    {
        await RunAsync(type, new IPEndPoint(IPAddress.Broadcast, 9));

        Assert.Equal(RelayStatus.Unreachable, (await (await SayHelloAsync(kind)).ReadStatusAsync()).Status);
    }

    [Fact]
    public async Task Status_WhenTheTargetDoesNotAnswer_SaysSoInTime()
    {
        // A full backlog: what knocks further is not heard.
        var deaf = Listen(backlog: 0);
        using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(deaf.LocalEndPoint!, TimeoutToken);
        await RunAsync(ProxyType.Tcp, deaf.LocalEndPoint!, ("CONNECT_TIMEOUT_SECONDS", "1"));

        Assert.Equal((RelayStatus.TimedOut, $"{deaf.LocalEndPoint} did not answer in time."), await (await SayHelloAsync(RelayKind.Tcp)).ReadStatusAsync());
    }

    [Theory]
    [InlineData("KFTRAY\u0009\u0003")]
    [InlineData("KFTRAY\u0001\u0002")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("\u0000\u0000\u0000\u0005hello")]
    public async Task Hello_OfAnotherKindVersionOrProtocol_IsRefused(string bytes)
    {
        await RunAsync(ProxyType.Udp, Nobody(SocketType.Dgram));
        var client = await ConnectControlAsync();
        await client.SendTextAsync(bytes);

        Assert.Equal(RelayStatus.WrongProtocol, (await client.ReadStatusAsync()).Status);
        await client.ReadEndAsync();
    }

    [Fact]
    public async Task Client_ThatSaysNothing_IsClosedAfterTenSeconds()
    {
        var relay = RunInProcess(ProxyType.Udp, Nobody(SocketType.Dgram));
        var silent = await ConnectControlAsync();
        await silent.SendTextAsync("KFT");
        await relay.Time.Armed(TimeSpan.FromSeconds(10));
        relay.Time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(RelayStatus.WrongProtocol, (await silent.ReadStatusAsync()).Status);
        await silent.ReadEndAsync();
        Assert.Equal("BadHello 1", relay.Totals);
        silent.Socket.Dispose();
    }

    [Fact]
    public async Task Limit_OfFlows_RefusesTheNewestAndLeavesTheRest()
    {
        var target = BindUdp();
        var relay = await RunAsync(ProxyType.Udp, target.Address, ("MAX_FLOWS", "2"));
        var first = await OpenAsync(RelayKind.Udp);
        var second = await OpenAsync(RelayKind.Udp);
        var (status, text) = await (await SayHelloAsync(RelayKind.Udp)).ReadStatusAsync();
        Assert.Equal((RelayStatus.LimitReached, "The relay serves 2 flows already; MAX_FLOWS sets the limit."), (status, text));
        // Reset while it connects, or right after.
        await Assert.ThrowsAsync<SocketException>(async () => await (await ConnectAsync(relay.Compatible)).ReadEndAsync());

        // A heartbeat is no flow.
        await OpenAsync(RelayKind.Heartbeat);
        await first.SendFrameAsync("still here"u8.ToArray());
        await target.SendTextAsync("so am I", await target.ReceiveTextAsync("still here"));
        Assert.Equal("so am I"u8.ToArray(), await first.ReadFrameAsync());

        second.Socket.Dispose();
        await EventuallyOpensAsync();
        Assert.Contains("LimitReached ", (await relay.TerminateAsync(TimeoutToken)).LastLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Heartbeat_EachByte_IsEchoed()
    {
        await RunAsync(ProxyType.Tcp, Nobody(SocketType.Stream));
        var client = await OpenAsync(RelayKind.Heartbeat);
        for (byte beat = 0; beat < 10; beat++)
        {
            await client.SendAsync(beat);
            Assert.Equal([beat], await client.ReadExactlyAsync(1));
        }
    }

    [Fact]
    public async Task Heartbeat_ThatHasStopped_IsClosedAfterThreeMinutes()
    {
        var relay = RunInProcess(ProxyType.Tcp, Nobody(SocketType.Stream));
        var client = await OpenAsync(RelayKind.Heartbeat);
        await relay.Time.Armed(TimeSpan.FromMinutes(3));
        relay.Time.Advance(TimeSpan.FromMinutes(3));

        await client.ReadAnyEndAsync();
    }

    // The place is free when the relay has noticed the end of who had it.
    private async Task EventuallyOpensAsync()
    {
        while (true)
        {
            var client = await SayHelloAsync(RelayKind.Udp);
            if ((await client.ReadStatusAsync()).Status == RelayStatus.Ok)
                return;
            // Who was refused keeps a place at the port until it goes.
            client.Socket.Dispose();
            TimeoutToken.ThrowIfCancellationRequested();
        }
    }
}
