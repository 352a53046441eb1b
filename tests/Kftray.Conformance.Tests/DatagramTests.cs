using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Kftray.Testing;
using Kftray.Testing.Pods;
using Kftray.Testing.Relays;
using Kftray.Testing.World;

namespace Kftray.Conformance.Tests;

/// <summary>UDP in pods, and the lockstep relay in front of it.</summary>
public sealed class DatagramTests : TestBase
{
    private const int Port = 7000;

    [Fact]
    public async Task Replies_AreAsManyAsAskedFor()
    {
        await using var cluster = await StartClusterAsync();
        using var client = Connect(await AddAsync(cluster, "udp-replies:3"));
        await client.SendAsync("hi"u8.ToArray(), TimeoutToken);
        Assert.Equal(["1:hi", "2:hi", "3:hi"], [await ReceiveAsync(client), await ReceiveAsync(client), await ReceiveAsync(client)]);
    }

    [Fact]
    public async Task Pushes_ComeUnasked_ToEachSubscriberItsOwn()
    {
        await using var cluster = await StartClusterAsync();
        var pod = await AddAsync(cluster, "udp-pushes:2");
        using var one = Connect(pod);
        using var other = Connect(pod);
        foreach (var client in new[] { one, other }) await client.SendAsync("hello"u8.ToArray(), TimeoutToken);
        foreach (var client in new[] { one, other }) Assert.Equal(["push 1", "push 2"], [await ReceiveAsync(client), await ReceiveAsync(client)]);
    }

    [Fact]
    public async Task SlowReplies_DoNotHoldUpOneAnother()
    {
        await using var cluster = await StartClusterAsync();
        using var client = Connect(await AddAsync(cluster, "udp-slow:300"));
        var started = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 10; i++) await client.SendAsync(Encoding.ASCII.GetBytes($"{i}"), TimeoutToken);
        var answers = new HashSet<string>();
        for (var i = 0; i < 10; i++) answers.Add(await ReceiveAsync(client));
        Assert.Equal(10, answers.Count);
        // One after the other would take 3 s.
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.FromMilliseconds(250), TimeSpan.FromMilliseconds(2500));
    }

    [Fact]
    public async Task Sink_CountsWhatArrives_AndWhetherItIsInOrder()
    {
        await using var cluster = await StartClusterAsync();
        var pod = await AddAsync(cluster, "udp-sink");
        using var client = Connect(pod);
        foreach (var sequence in new ulong[] { 1, 2, 3, 2, 4 })
        {
            var datagram = new byte[20];
            BinaryPrimitives.WriteUInt64BigEndian(datagram, sequence);
            await client.SendAsync(datagram, TimeoutToken);
        }

        await client.SendAsync(Array.Empty<byte>(), TimeoutToken);
        Assert.Equal(new DatagramCounts(6, 100, 1, 1), await pod.WaitForDatagramsAsync(Port, counts => counts.Datagrams == 6, TimeoutToken));
    }

    [Fact]
    public async Task BehaviourOfTheTest_ServesDatagrams()
    {
        DatagramBehaviour reverse = (datagram, _) => datagram.ReplyAsync(datagram.Payload.ToArray().Reverse().ToArray());
        await using var cluster = await StartClusterAsync(new() { DatagramBehaviours = new Dictionary<string, DatagramBehaviour> { ["reverse"] = reverse } });
        using var client = Connect(await AddAsync(cluster, "reverse"));
        await client.SendAsync("abc"u8.ToArray(), TimeoutToken);
        Assert.Equal("cba", await ReceiveAsync(client));
    }

    [Fact]
    public async Task LockstepRelay_AnswersEachDatagramWithOneFrame()
    {
        await using var cluster = await StartClusterAsync();
        await using var stream = await ConnectToRelayAsync(cluster, await AddAsync(cluster, "udp-replies:2"));
        var client = new LockstepClient(stream);
        Assert.Equal("1:a", Encoding.ASCII.GetString(await client.AskAsync("a"u8.ToArray(), TimeoutToken)));
        // Of two replies one is the answer to the next question: that is what lockstep makes of them.
        Assert.Equal("2:a", Encoding.ASCII.GetString(await client.AskAsync("b"u8.ToArray(), TimeoutToken)));
    }

    [Fact]
    public async Task LockstepRelay_SaysLengthZeroWhenNoReplyCame_AfterFiveSeconds()
    {
        await using var cluster = await StartClusterAsync();
        var sink = await AddAsync(cluster, "udp-sink");
        await using var stream = await ConnectToRelayAsync(cluster, sink);
        var started = TimeProvider.System.GetTimestamp();
        Assert.Empty(await new LockstepClient(stream).AskAsync(new byte[65_507], TimeoutToken));
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.FromSeconds(4.5), TimeSpan.FromSeconds(15));
        Assert.Equal(65_507, sink.DatagramsAt(Port).Bytes);
    }

    [Fact]
    public async Task LockstepRelay_EndsTheConnectionAfterAFrameThatIsTooLong()
    {
        await using var cluster = await StartClusterAsync();
        await using var stream = await ConnectToRelayAsync(cluster, await AddAsync(cluster, "udp-echo"));
        var header = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(header, 65_508);
        await stream.WriteAsync(header, TimeoutToken);
        await stream.ReadExactlyAsync(header, TimeoutToken);
        Assert.Equal(new byte[4], header);
        Assert.Equal(0, await stream.ReadAsync(header, TimeoutToken));
    }

    private async Task<TestPod> AddAsync(TestCluster cluster, string behaviour)
    {
        cluster.World.AddPod("shop", "app", new PodSpec("app", behaviour, new PortSpec(Port, "main", "UDP")));
        return await cluster.Pods.WaitReadyByNameAsync("shop", "app", TimeoutToken);
    }

    private async Task<NetworkStream> ConnectToRelayAsync(TestCluster cluster, TestPod target)
    {
        var place = target.UdpEndPointOf(Port)!;
        cluster.World.Add(RelayManifests.Pod("relay", RelayManifests.PodSpec(place.Address.ToString(), place.Port, "udp")));
        var relay = await cluster.Pods.WaitReadyByNameAsync("shop", "relay", TimeoutToken);
        await relay.Process!.Log.LineAsync("listening on", TimeoutToken);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(relay.EndPointOf(RelayManifests.LocalPort)!, TimeoutToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private static UdpClient Connect(TestPod pod)
    {
        var client = new UdpClient();
        client.Connect(pod.UdpEndPointOf(Port)!);
        return client;
    }

    private async Task<string> ReceiveAsync(UdpClient client) => Encoding.ASCII.GetString((await client.ReceiveAsync(TimeoutToken)).Buffer);
}
