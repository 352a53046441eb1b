using System.Net.Sockets;

namespace Kftray.Relay.Tests;

/// <summary>Garbage from either side: refused, counted, and nothing is left of it. Each seed is a test of its own, so that a failure names it.</summary>
public sealed class FuzzTests : RelayTest
{
    public static TheoryData<int> Seeds { get; } = [.. Enumerable.Range(1, 8)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Garbage_FromClients_LeavesTheRelayAsItWas(int seed)
    {
        var random = new Random(seed);
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Looks for sockets in /proc.");
        var target = BindUdp();
        var relay = await RunAsync(ProxyType.Udp, target.Address);
        var before = relay.OpenSockets;
        await ServesAsync(target);
        for (var i = 0; i < 40; i++)
            await MisbehaveAsync(random.Next(2) == 0 ? await ConnectAsync(relay.Compatible) : await ConnectControlAsync(), random);

        await ServesAsync(target);
        await BecomesAsync(() => relay.OpenSockets == before);
        var (code, line) = await relay.TerminateAsync(TimeoutToken);
        Assert.Equal(0, code);
        Assert.Matches("Bad(Hello|Frame) [0-9]+", line);
        Assert.DoesNotContain("Internal", line, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Frames_CutAnywhere_ArriveAsTheyWere(int seed)
    {
        var random = new Random(seed);
        var target = BindUdp();
        await RunAsync(ProxyType.Udp, target.Address);
        var client = await OpenAsync(RelayKind.Udp);
        var datagrams = Enumerable.Range(0, 60).Select(_ => RandomBytes(random, random.Next(5) == 0 ? random.Next(65_508) : random.Next(300))).ToArray();
        var stream = datagrams.SelectMany(RelayClient.Frame).ToArray();
        var sending = Task.Run(
            async () =>
            {
                for (var sent = 0; sent < stream.Length;)
                {
                    var piece = Math.Min(stream.Length - sent, random.Next(4) == 0 ? random.Next(1, 8) : random.Next(1, 40_000));
                    await client.SendAsync(stream[sent..(sent + piece)]);
                    sent += piece;
                }
            },
            TimeoutToken);

        foreach (var datagram in datagrams)
            Assert.Equal(datagram, (await target.ReceiveAsync()).Payload);
        await sending;
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Garbage_FromTheTarget_ArrivesAsItIs(int seed)
    {
        var random = new Random(seed);
        var target = BindUdp();
        await RunAsync(ProxyType.Udp, target.Address);
        var client = await OpenAsync(RelayKind.Udp);
        await client.SendFrameAsync([1]);
        var (_, from) = await target.ReceiveAsync();
        for (var round = 0; round < 10; round++)
        {
            var burst = Enumerable.Range(0, 20).Select(_ => RandomBytes(random, random.Next(3) == 0 ? random.Next(65_508) : random.Next(40))).ToArray();
            foreach (var datagram in burst)
                await target.SendAsync(datagram, from);
            foreach (var datagram in burst)
                Assert.Equal(datagram, await client.ReadFrameAsync());
        }
    }

    /// <summary>One of the ways in which a client can be wrong. All of them end with the connection.</summary>
    private static async Task MisbehaveAsync(RelayClient client, Random random)
    {
        try
        {
            switch (random.Next(6))
            {
                case 0:
                    await client.SendAsync(RandomBytes(random, random.Next(1, 2000)));
                    break;
                case 1:
                    await client.SendTextAsync("KFTRAY\u0001\u0003");
                    await client.SendAsync(RandomBytes(random, random.Next(1, 100_000)));
                    break;
                case 2:
                    await client.SendTextAsync("KFTRAY\u0001\u0003"[..random.Next(8)]);
                    break;
                case 3:
                    await client.SendTextAsync("KFTRAY\u0001\u0003");
                    await client.SendLengthAsync((uint)random.NextInt64(65_508, uint.MaxValue));
                    break;
                case 4:
                    await client.SendLengthAsync((uint)random.Next(10, 65_508));
                    await client.SendAsync(RandomBytes(random, random.Next(9)));
                    break;
                default:
                    // A silent peer.
                    break;
            }
        }
        catch (SocketException)
        {
            // The relay has closed it already.
        }

        if (random.Next(2) == 0)
            client.Reset();
        else
            client.Socket.Dispose();
    }

    private async Task ServesAsync(DatagramPeer target)
    {
        var client = await OpenAsync(RelayKind.Udp);
        var question = Guid.NewGuid().ToByteArray();
        await client.SendFrameAsync(question);
        // What the garbage happened to say comes before it.
        var (payload, from) = await target.ReceiveAsync();
        while (!question.SequenceEqual(payload))
            (payload, from) = await target.ReceiveAsync();
        await target.SendAsync(question, from);
        Assert.Equal(question, await client.ReadFrameAsync());
        client.Socket.Dispose();
    }

    // How many sockets a process has open makes no event.
    private async Task BecomesAsync(Func<bool> condition)
    {
        while (!condition())
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TimeoutToken);
    }

    private static byte[] RandomBytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
