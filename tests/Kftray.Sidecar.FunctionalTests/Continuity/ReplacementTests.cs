using Kftray.Sidecar.Contract;
using Kftray.Testing;
using Kftray.Testing.Pods;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests.Continuity;

/// <summary>Pods are replaced, and no new connection fails.</summary>
[Collection(nameof(Alone))]
public sealed class ReplacementTests : FunctionalTest
{
    protected override TestClusterOptions ClusterOptions { get; } = new() { PodTiming = new PodTiming { StartDelayMs = 100, ReadyDelayMs = 200, TerminationDelayMs = 100 } };

    [Fact]
    public Task Rollout_UnderLoad_FailsNoConnection() => RestartUnderLoadAsync(times: 2);

    /// <summary>The row of the table; too long for every run.</summary>
    [Fact(Explicit = true)]
    public Task Rollout_UnderLoadTwentyTimes_FailsNoConnection() => RestartUnderLoadAsync(times: 20);

    [Theory]
    [InlineData(0)]
    [InlineData(null)]
    public async Task OnlyPod_Deleted_HeldConnectionsAreServedWhenItsReplacementIsReady(int? graceSeconds)
    {
        var first = await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");
        Cluster.Pods.Timing = new PodTiming { ReadyDelayMs = 3000 };
        await using var load = new ConnectionLoad(port, 50);
        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System, TimeoutToken);

        var deleted = TimeProvider.System.GetTimestamp();
        Cluster.Pods.Delete(first, graceSeconds);
        await Cluster.Pods.WaitGoneAsync(first, TimeoutToken);
        await Cluster.Pods.WaitReadyAsync(Shop, "app=echo", TimeoutToken);
        var ready = TimeProvider.System.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, TimeoutToken);
        var connections = await load.StopAsync();

        Assert.DoesNotContain(connections, connection => connection.Error is not null);
        var held = connections.Where(connection => connection.Began > deleted && connection.Began < ready && connection.Ended > ready).ToArray();
        var waits = held.Select(connection => TimeProvider.System.GetElapsedTime(ready, connection.Ended).TotalMilliseconds).Order().ToArray();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{connections.Count} connections, {held.Length} held; served after the replacement was ready: p50 {waits[waits.Length / 2]:0} ms, p99 {waits[(int)(waits.Length * 0.99)]:0} ms");
        Assert.True(held.Length > 50, $"Only {held.Length} connections were held.");
        Assert.InRange(waits[(int)(waits.Length * 0.99)], 0, 300);
    }

    [Fact]
    public async Task Pod_ThatTerminatesSlowly_KeepsItsConnectionsAndGetsNoNewOnes()
    {
        Cluster.Pods.Timing = Cluster.Pods.Timing with { TerminationDelayMs = 3000 };
        var old = await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");
        using var before = await ConnectAsync(port);
        Assert.Equal("one", await before.EchoAsync("one", TimeoutToken));

        Cluster.Pods.Delete(old, graceSeconds: 30);
        await WaitForAsync("echo", snapshot => snapshot.Status == ForwardStatus.Active && !snapshot.Pods.Contains(old.Name));

        Assert.Equal("two", await before.EchoAsync("two", TimeoutToken));
        using var after = await ConnectAsync(port);
        Assert.Equal("three", await after.EchoAsync("three", TimeoutToken));
    }

    [Fact]
    public async Task Pod_WhoseApplicationRefuses_IsLeftForTheOtherBeforeTheApiNotices()
    {
        await RunApplicationAsync("echo", "server-speaks-first", replicas: 2);
        var port = await ForwardAsync("echo");
        var chosen = (await BecomesAsync("echo", ForwardStatus.Active)).Pods[0];
        await Cluster.Pods[Shop, chosen].KillApplicationsAsync();

        for (var i = 0; i < 5; i++)
        {
            using var client = await ConnectAsync(port);
            Assert.DoesNotContain(chosen, await client.ReceiveTextAsync(5 + chosen.Length, TimeoutToken), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Balance_Spread_GoesRound()
    {
        await RunApplicationAsync("echo", "server-speaks-first", replicas: 3);
        var port = await ForwardAsync("echo", """, "balance": "spread" """);
        HashSet<string> seen = [];
        for (var i = 0; i < 6; i++)
        {
            using var client = await ConnectAsync(port);
            seen.Add((await client.ReceiveTextAsync(30, TimeoutToken)).Split(' ')[1]);
        }

        Assert.Equal(3, seen.Count);
    }

    private async Task RestartUnderLoadAsync(int times)
    {
        await RunApplicationAsync("echo", "echo", replicas: 3);
        var port = await ForwardAsync("echo");
        await using var load = new ConnectionLoad(port, 50);
        for (var i = 0; i < times; i++)
        {
            var before = Cluster.Pods.Ready(Shop, "app=echo").ToArray();
            Cluster.World.Restart(Shop, "echo");
            foreach (var pod in before)
                await Cluster.Pods.WaitGoneAsync(pod, TimeoutToken);
            await Cluster.Pods.WaitReadyAsync(Shop, "app=echo", TimeoutToken, 3);
        }

        var connections = await load.StopAsync();
        var longest = connections.Max(connection => TimeProvider.System.GetElapsedTime(connection.Began, connection.Ended));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{times} rollouts, {connections.Count} connections, {connections.Count(c => c.Error is not null)} failed, longest {longest.TotalMilliseconds:0} ms");
        Assert.DoesNotContain(connections, connection => connection.Error is not null);
    }
}
