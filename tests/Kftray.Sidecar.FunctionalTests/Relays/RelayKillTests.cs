using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Kftray.Sidecar.Contract;
using Kftray.Testing.Pods;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests.Relays;

/// <summary>Relays that are killed while they are used.</summary>
[Collection(nameof(Alone))]
public sealed class RelayKillTests : RelayTest
{
    // dig comes back to a question that got no answer.
    private const string Patience = "+tries=60 +time=1";

    private readonly CancellationTokenSource _enough = new();
    private long _answered;
    private long _arrived;

    protected override TimeSpan Limit => TimeSpan.FromMinutes(6);

    [Fact]
    public async Task Relay_ThatIsKilledBetweenQuestions_IsReplaced_AndNothingIsLeft()
    {
        await RunUdpEchoAsync("dns");
        using var peer = OpenUdp(await StartAsync("dns", """ "service": "dns", "protocol": "udp", "remote_port": 53 """));
        for (var round = 0; round < 10; round++)
        {
            Assert.NotEmpty(await AskUntilAnsweredAsync(peer, [(byte)round]));
            var pod = RelayPod;
            Kill(pod, byForce: round % 2 == 0);
            await Cluster.Pods.WaitAsync(_ => RelayPods.All(ready => ready.Uid != pod.Uid), TimeoutToken);
            await WaitForAsync("dns", snapshot => snapshot.Status == ForwardStatus.Active && !snapshot.Pods.Contains(pod.Name));
        }

        Assert.NotEmpty(await AskUntilAnsweredAsync(peer, [99]));
        await StopEngineAsync();
        Assert.Empty(Jobs);
    }

    [Fact]
    public Task Relays_KilledAtAnyTimeUnderQuestionsAndAStream_AreReplaced_AndNothingIsLeft() => KillAtRandomAsync(times: 6, clients: 8, packetsPerMillisecond: 5);

    /// <summary>The same with as much load as dig and the stream have when they are measured; too long for every run.</summary>
    [Fact(Explicit = true)]
    public Task Relays_KilledFiftyTimesUnderFullLoad_AreReplaced_AndNothingIsLeft() => KillAtRandomAsync(times: 50, clients: 50, packetsPerMillisecond: 50);

    /// <summary>Every question is answered in the end and rightly, the stream stays in order, and both go on after each kill.</summary>
    private async Task KillAtRandomAsync(int times, int clients, int packetsPerMillisecond)
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var dig = ServerProcess.Find("dig", "dnsutils");
        using var server = await DnsServer.StartAsync(clients, TimeoutToken);
        using var sink = OpenUdp();
        await ApplyAsync($$"""
            { "alias": "dns", "workload_type": "proxy", "protocol": "udp", "remote_address": "127.0.0.1", "remote_port": {{server.Address.Port}} },
            { "alias": "stream", "workload_type": "proxy", "protocol": "udp", "remote_address": "127.0.0.1", "remote_port": {{((IPEndPoint)sink.LocalEndPoint!).Port}} }
            """);
        var dns = new IPEndPoint(IPAddress.Loopback, (await BecomesAsync("dns", ForwardStatus.Active)).LocalPort);
        using var source = OpenUdp(new IPEndPoint(IPAddress.Loopback, (await BecomesAsync("stream", ForwardStatus.Active)).LocalPort));
        Task[] load = [.. Enumerable.Range(0, clients).Select(i => AskAsync(server, dig, dns, i)), SendAsync(source, packetsPerMillisecond)];
        var arriving = ArriveAsync(sink);

        for (var kill = 0; kill < times; kill++)
        {
            await PauseAsync(random.Next(1000));
            IReadOnlyList<TestPod> ready = [];
            await UntilAsync(() => (ready = RelayPods).Count > 0);
            Kill(ready[random.Next(ready.Count)], byForce: random.Next(2) == 0);
            var (answered, arrived) = (Volatile.Read(ref _answered), Volatile.Read(ref _arrived));
            // What was on its way when the relay died may still arrive: several times as much has to.
            await UntilAsync(() => Volatile.Read(ref _answered) >= answered + (2 * clients) && Volatile.Read(ref _arrived) > arrived + (packetsPerMillisecond * 100));
        }

        await _enough.CancelAsync();
        await Task.WhenAll(load);
        TestContext.Current.TestOutputHelper?.WriteLine($"{_answered} rounds of questions answered, {_arrived} datagrams arrived in order");
        await StopEngineAsync();
        Assert.Empty(Jobs);
        await Cluster.Pods.WaitAsync(_ => RelayPods.Count == 0, TimeoutToken);
        sink.Dispose();
        await arriving;

        // The load must not have ended before its time.
        async Task UntilAsync(Func<bool> condition)
        {
            while (!condition())
            {
                if (Array.Find(load, one => one.IsCompleted) is { } ended)
                    await ended;
                if (arriving.IsCompleted)
                    await arriving;
                await PauseAsync(20);
            }
        }
    }

    private Task PauseAsync(int milliseconds) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System, TimeoutToken);

    private void Kill(TestPod pod, bool byForce)
    {
        if (byForce)
            Cluster.Pods.Delete(pod, graceSeconds: 0);
        else
            pod.Process!.Kill();
    }

    private async Task AskAsync(DnsServer server, string dig, IPEndPoint forward, int client)
    {
        while (!_enough.IsCancellationRequested)
        {
            var answers = await server.DigAsync(dig, forward, client, queries: 20, Patience, TimeoutToken);
            // dig reports a question that it had to repeat as a comment.
            Assert.Equal(Enumerable.Repeat(DnsServer.AddressOf(client), 20), answers.Where(answer => !answer.StartsWith(';')));
            Interlocked.Increment(ref _answered);
        }
    }

    private async Task SendAsync(Socket source, int packetsPerMillisecond)
    {
        var packet = new byte[200];
        using var clock = new PeriodicTimer(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        for (var number = 1L; !_enough.IsCancellationRequested; await clock.WaitForNextTickAsync(TimeoutToken))
        {
            for (var i = 0; i < packetsPerMillisecond; i++, number++)
            {
                BinaryPrimitives.WriteInt64BigEndian(packet, number);
                await source.SendAsync(packet, SocketFlags.None, TimeoutToken);
            }
        }
    }

    private async Task ArriveAsync(Socket sink)
    {
        var (packet, last) = (new byte[400], 0L);
        try
        {
            while (await sink.ReceiveAsync(packet, SocketFlags.None, TimeoutToken) is var count)
            {
                var number = BinaryPrimitives.ReadInt64BigEndian(packet);
                Assert.True(count == 200 && number > last, $"datagram {number} of {count} bytes came after {last}");
                last = number;
                Interlocked.Increment(ref _arrived);
            }
        }
        catch (Exception ended) when (_enough.IsCancellationRequested && ended is SocketException or ObjectDisposedException)
        {
            // The end of the test.
        }
    }
}
