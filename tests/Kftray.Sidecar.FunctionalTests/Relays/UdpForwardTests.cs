using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Kftray.Sidecar.Contract;
using Kftray.Testing.Store;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests.Relays;

public sealed class UdpForwardTests : RelayTest
{
    // For the long one.
    protected override TimeSpan Limit => TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData("")]
    [InlineData($$""", "relay": { "image": "{{PublicImage}}" } """)]
    public async Task Peers_WithTheSameQuestion_GetTheirOwnAnswers(string relay)
    {
        await RunUdpEchoAsync("dns");
        var forward = await StartAsync("dns", $$""" "service": "dns", "protocol": "udp", "remote_port": 53 {{relay}} """);
        var peers = Enumerable.Range(0, 20).Select(_ => OpenUdp(forward)).ToArray();
        for (var round = 0; round < 10; round++)
        {
            await Task.WhenAll(peers.Select((peer, i) => peer.SendAsync(new byte[] { 7, 7, (byte)i, (byte)round })));
            for (var i = 0; i < peers.Length; i++)
                Assert.Equal([7, 7, (byte)i, (byte)round], await ReceiveAsync(peers[i]));
        }

        foreach (var peer in peers)
        {
            Assert.Equal(0, peer.Available);
            peer.Dispose();
        }
    }

    /// <summary>Programs that ask from a new port each time, as resolvers do, all at once.</summary>
    [Fact]
    public async Task Peers_ThatAreAThousandAtOnce_AllGetTheirAnswers()
    {
        const int count = 1000;
        await RunUdpEchoAsync("dns");
        var forward = await StartAsync("dns", """ "service": "dns", "protocol": "udp", "remote_port": 53 """);
        var peers = Enumerable.Range(0, count).Select(_ => OpenUdp(forward)).ToArray();
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < count; i++)
                await peers[i].SendAsync(new[] { (byte)round, (byte)i, (byte)(i >> 8) }, SocketFlags.None, TimeoutToken);
            for (var i = 0; i < count; i++)
                Assert.Equal([(byte)round, (byte)i, (byte)(i >> 8)], await ReceiveAsync(peers[i]));
        }

        Array.ForEach(peers, peer => peer.Dispose());
        Assert.Equal(0, (await WaitForAsync("dns", snapshot => snapshot.Traffic.TotalConnections > 0)).Traffic.DroppedDatagrams);
    }

    [Fact]
    public async Task Datagrams_OfEverySize_ArriveWhole()
    {
        await RunUdpEchoAsync("dns");
        using var peer = OpenUdp(await StartAsync("dns", """ "service": "dns", "protocol": "udp", "remote_port": "dns" """));
        foreach (var size in (int[])[0, 1, 1472, 9000, 65507])
        {
            var datagram = RandomNumberGenerator.GetBytes(size);
            await peer.SendAsync(datagram, SocketFlags.None, TimeoutToken);
            Assert.Equal(datagram, await ReceiveAsync(peer));
        }
    }

    [Fact]
    public async Task Server_MayAnswerManyTimes_AndSpeakFirst()
    {
        using var server = OpenUdp();
        using var peer = OpenUdp(await StartProxyAsync("game", "udp", server.LocalEndPoint!));
        await peer.SendAsync(new byte[] { 1 }, SocketFlags.None, TimeoutToken);
        var asked = await server.ReceiveFromAsync(new byte[16], SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), TimeoutToken);
        foreach (var answer in (byte[])[10, 11, 12])
            await server.SendToAsync(new[] { answer }, SocketFlags.None, asked.RemoteEndPoint, TimeoutToken);
        foreach (var answer in (byte[])[10, 11, 12])
            Assert.Equal([answer], await ReceiveAsync(peer));

        // Long after the question, and unasked.
        await server.SendToAsync(new byte[] { 13 }, SocketFlags.None, asked.RemoteEndPoint, TimeoutToken);
        Assert.Equal([13], await ReceiveAsync(peer));
    }

    [Fact]
    public async Task Pod_WithADatagramPort_IsReachedAtItsAddress()
    {
        await RunUdpEchoAsync("dns");
        using var peer = OpenUdp(await StartAsync("dns", """ "workload_type": "pod", "target": "app=dns", "protocol": "udp", "remote_port": 5353 """));
        await peer.SendAsync(new byte[] { 1, 2 }, SocketFlags.None, TimeoutToken);
        Assert.Equal([1, 2], await ReceiveAsync(peer));
    }

    [Fact]
    public async Task OldRelay_AnswersAThousandDatagramsASecond_AndSaysWhatItDrops()
    {
        await RunUdpEchoAsync("dns");
        using var peer = OpenUdp(await StartAsync("dns", $$""" "service": "dns", "protocol": "udp", "remote_port": 53, "relay": { "image": "{{PublicImage}}" } """));
        var window = new byte[32][];
        var began = TimeProvider.System.GetTimestamp();
        const int rounds = 100;
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < window.Length; i++)
                await peer.SendAsync(new[] { (byte)round, (byte)i }, SocketFlags.None, TimeoutToken);
            for (var i = 0; i < window.Length; i++)
                Assert.Equal((byte)round, (await ReceiveAsync(peer))[0]);
        }

        var perSecond = rounds * window.Length / TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        TestContext.Current.TestOutputHelper?.WriteLine($"{perSecond:0} answered datagrams/s");
        Assert.InRange(perSecond, 1000, double.MaxValue);

        // Nobody answers these, so each takes a connection for five seconds.
        using var silent = OpenUdp();
        await ApplyAsync($$"""{ "alias": "silent", "workload_type": "proxy", "protocol": "udp", "remote_address": "127.0.0.1", "remote_port": {{((IPEndPoint)silent.LocalEndPoint!).Port}}, "relay": { "image": "{{PublicImage}}" } }""");
        using var shouting = OpenUdp(new IPEndPoint(IPAddress.Loopback, (await BecomesAsync("silent", ForwardStatus.Active)).LocalPort));
        for (var i = 0; i < 100; i++)
            await shouting.SendAsync(new byte[] { 1 }, SocketFlags.None, TimeoutToken);
        var snapshot = await WaitForAsync("silent", s => s.Traffic.DroppedDatagrams > 0 && s.Warning is not null);
        Assert.Contains("one datagram at a time", snapshot.Warning);
    }

    [Fact]
    public async Task ServerThatRestarts_LeavesTheRelayAndTheFlows()
    {
        await RunUdpEchoAsync("dns");
        using var peer = OpenUdp(await StartAsync("dns", """ "service": "dns", "protocol": "udp", "remote_port": 53 """));
        Assert.NotEmpty(await AskUntilAnsweredAsync(peer, [1]));
        var job = Assert.Single(Jobs).Uid;

        await Cluster.RestartServerAsync(TimeoutToken);

        Assert.NotEmpty(await AskUntilAnsweredAsync(peer, [2]));
        Assert.Equal(job, Assert.Single(Jobs).Uid);
    }
}
