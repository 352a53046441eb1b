using System.Net;
using System.Net.Sockets;

namespace Kftray.Relay.Tests;

/// <summary>Connections through the relay, on both of its ports.</summary>
public sealed class TcpTests : RelayTest
{
    private readonly Socket _target;

    public TcpTests() => _target = Listen();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task HalfClose_OfTheClient_LeavesTheAnswerItsWay(bool compatible)
    {
        var (client, server) = await ConnectThroughAsync(compatible);
        await client.SendTextAsync("question");
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("question", await server.ReadTextAsync(8));
        await server.ReadEndAsync();
        await server.SendTextAsync("answer");
        server.Socket.Shutdown(SocketShutdown.Send);

        Assert.Equal("answer", await client.ReadTextAsync(6));
        await client.ReadEndAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task HalfClose_OfTheServer_LeavesTheRestItsWay(bool compatible)
    {
        var (client, server) = await ConnectThroughAsync(compatible);
        await server.SendTextAsync("banner");
        server.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("banner", await client.ReadTextAsync(6));
        await client.ReadEndAsync();
        await client.SendTextAsync("bye");
        client.Socket.Shutdown(SocketShutdown.Send);

        Assert.Equal("bye", await server.ReadTextAsync(3));
        await server.ReadEndAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reset_OfEitherSide_IsAResetOfTheOther(bool compatible)
    {
        var (client, server) = await ConnectThroughAsync(compatible);
        client.Reset();
        await server.ReadResetAsync();

        (client, server) = await ConnectAgainAsync(compatible);
        server.Reset();
        await client.ReadResetAsync();
    }

    [Fact]
    public async Task Payload_InTheSameWriteAsTheHello_Arrives()
    {
        await RunAsync(ProxyType.Tcp, _target.LocalEndPoint!);
        var client = await ConnectControlAsync();
        await client.SendTextAsync("KFTRAY\u0001\u0002first bytes");
        var server = await AcceptAsync(_target);

        Assert.Equal("first bytes", await server.ReadTextAsync(11));
        Assert.Equal(RelayStatus.Ok, (await client.ReadStatusAsync()).Status);
    }

    [Fact]
    public async Task ManyMegabytes_BothWaysAtOnce_ArriveWhole()
    {
        var (client, server) = await ConnectThroughAsync(compatible: false);
        var up = new byte[20_000_000];
        var down = new byte[20_000_000];
        Random.Shared.NextBytes(up);
        Random.Shared.NextBytes(down);
        var sending = Task.WhenAll(client.SendAsync(up), server.SendAsync(down));

        var got = await Task.WhenAll(server.ReadExactlyAsync(up.Length), client.ReadExactlyAsync(down.Length));
        await sending;
        Assert.Equal(up, got[0]);
        Assert.Equal(down, got[1]);
    }

    [Fact]
    public async Task Target_WithAName_IsReachedByIPv6WhereItListensThere()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "There is no IPv6 here.");
        var target = Listen(IPAddress.IPv6Loopback);
        await RunAsync(ProxyType.Tcp, target.LocalEndPoint!);
        var client = await OpenAsync(RelayKind.Tcp);
        await client.SendTextAsync("six");

        Assert.Equal("six", await (await AcceptAsync(target)).ReadTextAsync(3));
    }

    [Fact]
    public async Task Client_ThatIsResetAfterItsEnd_DoesNotHoldTheServer()
    {
        var relay = RunInProcess(ProxyType.Tcp, (IPEndPoint)_target.LocalEndPoint!);
        var client = await OpenAsync(RelayKind.Tcp);
        var server = await AcceptAsync(_target);
        client.Socket.Shutdown(SocketShutdown.Send);
        await server.ReadEndAsync();
        await relay.Time.Armed(TimeSpan.FromSeconds(5));
        client.Reset();

        // A reset after the end is not to be read, only to be met when sending.
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            while (true)
            {
                relay.Time.Advance(TimeSpan.FromSeconds(5));
                TimeoutToken.ThrowIfCancellationRequested();
                await server.SendAsync(1);
            }
        });
    }

    private async Task<(RelayClient Client, RelayClient Server)> ConnectThroughAsync(bool compatible)
    {
        _compatible = (await RunAsync(ProxyType.Tcp, _target.LocalEndPoint!)).Compatible;
        return await ConnectAgainAsync(compatible);
    }

    private async Task<(RelayClient Client, RelayClient Server)> ConnectAgainAsync(bool compatible) =>
        (await (compatible ? ConnectAsync(_compatible!) : OpenAsync(RelayKind.Tcp)), await AcceptAsync(_target));

    private IPEndPoint? _compatible;
}
