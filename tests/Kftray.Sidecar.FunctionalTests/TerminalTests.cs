using System.Net.Sockets;
using Kftray.Testing;
using Kftray.Testing.Pods;
using Kftray.Testing.World;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests;

/// <summary>The program itself, as somebody in a terminal starts it: a process, a config file, a kubeconfig.</summary>
public sealed class TerminalTests : FunctionalTest
{
    private const long StalledLimit = 32L << 20;

    [Fact]
    public async Task Up_WithTwoServicesAndAPod_RunsThemUntilItIsTold()
    {
        await RunApplicationAsync("api", "http");
        await RunApplicationAsync("cache", "echo");
        Cluster.World.AddPod(Shop, "postgres-0", new PodSpec("postgres", "server-speaks-first", 5432));
        await Cluster.Pods.WaitReadyByNameAsync(Shop, "postgres-0", TimeoutToken);
        using var up = await StartAsync("""
            { "service": "api", "remote_port": 80 },
            { "service": "cache", "remote_port": 80 },
            { "workload_type": "pod", "service": "postgres-0", "remote_port": 5432 }
            """);
        var ports = await up.ActiveAsync(3, TimeoutToken);

        using var cache = await ConnectAsync(ports["cache"]);
        Assert.Equal("through", await cache.EchoAsync("through", TimeoutToken));
        using var postgres = await ConnectAsync(ports["postgres-0"]);
        Assert.StartsWith("220 postgres-0", await postgres.ReceiveTextAsync(14, TimeoutToken), StringComparison.Ordinal);

        Assert.Equal(0, await up.StopAsync(TimeoutToken));
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(ports["api"]));
    }

    [Fact]
    public async Task Client_ThatStopsReading_CostsNoMemory()
    {
        await RunApplicationAsync("bulk", "bulk");
        using var up = await StartAsync("""{ "service": "bulk", "remote_port": 80 }""");
        var ports = await up.ActiveAsync(1, TimeoutToken);
        using (var warmUp = await ConnectAsync(ports["bulk"]))
        {
            await warmUp.SendTextAsync("GET 50000000\n", TimeoutToken);
            Assert.Equal((50_000_000, TestContent.Sha256(50_000_000)), await warmUp.ReceiveHashAsync(TimeoutToken));
        }

        var before = up.WorkingSet;
        using var stalled = await ConnectAsync(ports["bulk"]);
        await stalled.SendTextAsync("GET 1000000000\n", TimeoutToken);
        await stalled.ReceiveTextAsync(1000, TimeoutToken);

        // Others keep the program busy while the first one does not read.
        for (var i = 0; i < 10; i++)
        {
            using var other = await ConnectAsync(ports["bulk"]);
            await other.SendTextAsync("GET 10000000\n", TimeoutToken);
            Assert.Equal((10_000_000, TestContent.Sha256(10_000_000)), await other.ReceiveHashAsync(TimeoutToken));
        }

        var growth = up.WorkingSet - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"Resident memory grew by {growth / 1024} KiB, from {before / 1024} KiB.");
        Assert.True(growth < StalledLimit, $"Resident memory grew by {growth / 1024} KiB.");
        await up.StopAsync(TimeoutToken);
    }

    private async Task<RunningUp> StartAsync(string forwards)
    {
        var config = Path.Combine(Folder, "kftray.json");
        await File.WriteAllTextAsync(config, $$"""{ "forwards": [ {{forwards}} ] }""", TimeoutToken);
        return RunningUp.Start(config, Kubeconfig);
    }
}
