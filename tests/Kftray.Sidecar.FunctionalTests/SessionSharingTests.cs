using System.Diagnostics;
using System.Net.Sockets;
using Kftray.Sidecar.Contract;
using Kftray.Testing.Pods;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests;

/// <summary>More connections than sessions: nobody starves, and who stands still makes room.</summary>
public sealed class SessionSharingTests : FunctionalTest
{
    [Fact]
    public async Task Requests_NextToBulkOnSharedSessions_AreServedWhileEveryBulkStreamMoves()
    {
        const int bulkStreams = 4;
        await RunApplicationAsync("bulk", "bulk");
        await RunApplicationAsync("echo", "echo");
        var bulk = await StartAsync("bulk");
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(TimeoutToken);
        var downloads = new Download[bulkStreams];
        for (var i = 0; i < bulkStreams; i++)
            downloads[i] = new Download(await ConnectAsync(bulk), enough.Token);

        // Small requests to the same pod, on the sessions that the downloads use: there are only two.
        var slowest = TimeSpan.Zero;
        for (var i = 0; i < 100; i++)
        {
            var began = Stopwatch.GetTimestamp();
            using var client = await ConnectAsync(bulk);
            await client.SendTextAsync("GET 1000\n", TimeoutToken);
            await ReceiveAsync(client, 1000);
            var took = Stopwatch.GetElapsedTime(began);
            slowest = took > slowest ? took : slowest;
        }

        var transport = Cluster.Sessions.Open.Count;
        await enough.CancelAsync();
        var received = await Task.WhenAll(downloads.Select(download => download.Received));
        TestContext.Current.TestOutputHelper!.WriteLine($"slowest {slowest.TotalMilliseconds:0} ms; bulk {string.Join(", ", received.Select(bytes => bytes >> 20))} MiB; {transport} sessions");
        Assert.True(transport <= 2, $"{transport} sessions");
        Assert.True(slowest < TimeSpan.FromSeconds(1), $"The slowest request took {slowest}.");
        Assert.True(received.Min() * 4 >= received.Max(), string.Join(", ", received));
    }

    [Fact]
    public async Task Clients_ThatStopReading_MoreThanThereMayBeSessions_MakeRoomForThoseThatRead()
    {
        await RunApplicationAsync("bulk", "bulk");
        await ApplyAsync("""{ "service": "bulk", "remote_port": 80 }""");
        var port = (await BecomesAsync("bulk", ForwardStatus.Active)).LocalPort;
        var stalled = new List<Socket>();
        try
        {
            for (var i = 0; i < 120; i++)
            {
                var client = await ConnectAsync(port);
                stalled.Add(client);
                await client.SendTextAsync($"GET {1L << 30}\n", TimeoutToken);
                await ReceiveAsync(client, 1000);
            }

            for (var i = 0; i < 3; i++)
            {
                using var other = await ConnectAsync(port);
                await other.SendTextAsync("GET 300000\n", TimeoutToken);
                Assert.Equal((300_000, TestContent.Sha256(300_000)), await other.ReceiveHashAsync(TimeoutToken));
            }

            Assert.InRange(Cluster.Sessions.Open.Count, 1, 64);
        }
        finally
        {
            foreach (var client in stalled)
                client.Dispose();
        }
    }

    private async Task ReceiveAsync(Socket client, int length)
    {
        var buffer = new byte[length];
        for (var filled = 0; filled < length;)
        {
            var count = await client.ReceiveAsync(buffer.AsMemory(filled), TimeoutToken);
            Assert.NotEqual(0, count);
            filled += count;
        }
    }

    private async Task<int> StartAsync(string service)
    {
        await ApplyAsync(
            $$"""{ "service": "{{service}}", "remote_port": 80 }""",
            wanted => wanted with { Settings = wanted.Settings with { MaxSessionsPerPod = 2 } });
        return (await BecomesAsync(service, ForwardStatus.Active)).LocalPort;
    }

    /// <summary>A client that reads as fast as it can, until it is told that it has had enough.</summary>
    private sealed class Download(Socket client, CancellationToken enough)
    {
        public Task<long> Received { get; } = ReceiveAsync(client, enough);

        private static async Task<long> ReceiveAsync(Socket client, CancellationToken enough)
        {
            using var owned = client;
            var buffer = new byte[256 * 1024];
            long received = 0;
            try
            {
                await client.SendTextAsync($"GET {1L << 40}\n", enough);
                while (true)
                    received += await client.ReceiveAsync(buffer.AsMemory(), enough);
            }
            catch (OperationCanceledException)
            {
                return received;
            }
        }
    }
}
