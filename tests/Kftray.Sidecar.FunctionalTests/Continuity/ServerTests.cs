using System.Diagnostics;
using System.Net.Sockets;
using Kftray.Sidecar.Contract;
using Kftray.Testing.Faults;
using Kftray.Testing.Security;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests.Continuity;

/// <summary>API servers and networks go away and come back.</summary>
public sealed class ServerTests : FunctionalTest
{
    [Fact]
    public Task Server_Killed_IsFoundAgainAtOnce() => KillAsync(TimeSpan.FromSeconds(3));

    [Fact(Explicit = true)]
    public Task Server_KilledForTwentySeconds_IsFoundAgainAtOnce() => KillAsync(TimeSpan.FromSeconds(20));

    [Fact]
    public async Task Server_AwayLongerThanTheHoldLimit_ResetsTheHeldAndServesTheNext()
    {
        await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo", """, "hold_seconds": 1 """);
        await Cluster.StopServerAsync();
        await BecomesAsync("echo", ForwardStatus.Reconnecting);

        using var early = await ConnectAsync(port);
        await early.SendTextAsync("early", TimeoutToken);
        await Assert.ThrowsAsync<SocketException>(() => early.ReceiveTextAsync(5, TimeoutToken));

        await Cluster.StartServerAsync(TimeoutToken);
        await BecomesAsync("echo", ForwardStatus.Active);
        using var late = await ConnectAsync(port);
        Assert.Equal("late", await late.EchoAsync("late", TimeoutToken));
    }

    [Fact]
    public async Task ManyForwards_ServerRestarts_CostABoundedNumberOfRequests()
    {
        const int Forwards = 200;
        await RunApplicationAsync("echo", "echo");
        var text = string.Join(',', Enumerable.Range(0, Forwards).Select(i => $$"""{ "alias": "f{{i}}", "service": "echo", "remote_port": 80 }"""));
        await ApplyAsync(text);
        await AllActiveAsync();
        Assert.All(["services", "endpointslices", "pods"], kind =>
        {
            Assert.Equal(1, Cluster.Requests.Count(request => request.Verb == "list" && request.Resource == kind));
            Assert.Equal(1, Cluster.Requests.Count(request => request.Verb == "watch" && request.Resource == kind));
        });
        Cluster.Requests.Clear();

        await Cluster.StopServerAsync();
        await Task.WhenAll(Enumerable.Range(0, Forwards).Select(i => BecomesAsync($"f{i}", ForwardStatus.Reconnecting)));
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, TimeoutToken);
        await Cluster.StartServerAsync(TimeoutToken);
        await Cluster.Requests.WaitAsync(request => request.PathAndQuery.StartsWith("/version", StringComparison.Ordinal), TimeoutToken);
        var probed = Stopwatch.GetTimestamp();
        await AllActiveAsync();
        var took = Stopwatch.GetElapsedTime(probed);

        var counts = Cluster.Requests.All.GroupBy(request => $"{request.Verb} {request.Resource}").Select(group => $"{group.Key}: {group.Count()}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{Forwards} forwards active {took.TotalMilliseconds:0} ms after the first probe. {string.Join(", ", counts)}");
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.InRange(Cluster.Requests.All.Count, 1, 40);

        async Task AllActiveAsync() => await Task.WhenAll(Enumerable.Range(0, Forwards).Select(i => BecomesAsync($"f{i}", ForwardStatus.Active)));
    }

    [Fact]
    public async Task Server_AnsweringWithErrors_LeavesOthersAlone()
    {
        await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");
        using (Cluster.Break(new RequestFault(FaultAction.Status) { Code = 503, Verb = "list" }))
        using (Cluster.Break(new RequestFault(FaultAction.Status) { Code = 429, RetryAfterSeconds = 1, Verb = "watch" }))
        {
            Cluster.CompactHistory();
            for (var i = 0; i < 20; i++)
            {
                using var client = await ConnectAsync(port);
                Assert.Equal("still", await client.EchoAsync("still", TimeoutToken));
            }
        }
    }

    [Fact]
    public async Task Path_Frozen_IsFoundWithinFifteenSecondsAndLeftAsSoonAsItIsBack()
    {
        await RunApplicationAsync("echo", "echo");
        await using var path = new FreezablePath(Cluster.Server.Port);
        Cluster.WriteKubeconfig(Kubeconfig, new KubeconfigContext("demo", Namespace: Shop) { Server = $"https://127.0.0.1:{path.Port}" });
        var port = await ForwardAsync("echo");
        using var established = await ConnectAsync(port);
        Assert.Equal("before", await established.EchoAsync("before", TimeoutToken));

        var frozen = Stopwatch.GetTimestamp();
        path.Freeze();
        await Assert.ThrowsAsync<SocketException>(() => established.ReceiveTextAsync(1, TimeoutToken));
        var reset = Stopwatch.GetElapsedTime(frozen);
        await BecomesAsync("echo", ForwardStatus.Reconnecting);
        var found = Stopwatch.GetElapsedTime(frozen);
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, TimeoutToken);

        var thawed = Stopwatch.GetTimestamp();
        path.Thaw();
        using var held = await ConnectAsync(port);
        Assert.Equal("after", await held.EchoAsync("after", TimeoutToken));
        var served = Stopwatch.GetElapsedTime(thawed);
        await BecomesAsync("echo", ForwardStatus.Active);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Frozen: reset after {reset.TotalSeconds:0.0} s, said after {found.TotalSeconds:0.0} s. Thawed: served after {served.TotalSeconds:0.0} s, active after {Stopwatch.GetElapsedTime(thawed).TotalSeconds:0.0} s.");
        Assert.InRange(found, TimeSpan.Zero, TimeSpan.FromSeconds(15));
        Assert.InRange(served, TimeSpan.Zero, TimeSpan.FromSeconds(3));
    }

    private async Task KillAsync(TimeSpan away)
    {
        await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");
        await Cluster.StopServerAsync();
        await BecomesAsync("echo", ForwardStatus.Reconnecting);
        await Task.Delay(away, TimeProvider.System, TimeoutToken);
        using var held = await ConnectAsync(port);
        await held.SendTextAsync("held", TimeoutToken);

        Cluster.Requests.Clear();
        var back = Stopwatch.GetTimestamp();
        await Cluster.StartServerAsync(TimeoutToken);
        await Cluster.Requests.WaitAsync(_ => true, TimeoutToken);
        var probed = Stopwatch.GetTimestamp();
        await BecomesAsync("echo", ForwardStatus.Active);
        var active = Stopwatch.GetElapsedTime(probed);
        Assert.Equal("held", await held.ReceiveTextAsync(4, TimeoutToken));

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Away {away.TotalSeconds} s: probed {Stopwatch.GetElapsedTime(back, probed).TotalMilliseconds:0} ms after it was back, active {active.TotalMilliseconds:0} ms after that.");
        Assert.InRange(Stopwatch.GetElapsedTime(back, probed), TimeSpan.Zero, TimeSpan.FromSeconds(1.5));
        Assert.InRange(active, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }
}
