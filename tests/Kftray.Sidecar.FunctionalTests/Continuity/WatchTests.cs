using System.Diagnostics;
using Kftray.Sidecar.Contract;
using Kftray.Testing;
using Kftray.Testing.Faults;
using Kftray.Testing.Pods;
using Kftray.Testing.Store;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests.Continuity;

/// <summary>Watches that do not tell, or not in time, and permissions that are missing.</summary>
public sealed class WatchTests : FunctionalTest
{
    protected override TestClusterOptions ClusterOptions { get; } = new() { PodTiming = new PodTiming { StartDelayMs = 50, ReadyDelayMs = 100 } };

    [Theory]
    [InlineData(FaultAction.Silence)]
    [InlineData(FaultAction.Lag)]
    public async Task Watch_ThatDoesNotTell_CostsNoConnection(FaultAction action)
    {
        var old = await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");
        using var broken = Cluster.Break(new RequestFault(action) { Verb = "watch", DelayMilliseconds = 3000 });
        Cluster.Pods.Delete(old, graceSeconds: 0);
        await Cluster.Pods.WaitGoneAsync(old, TimeoutToken);
        await Cluster.Pods.WaitReadyAsync(Shop, "app=echo", TimeoutToken);

        var began = Stopwatch.GetTimestamp();
        using var client = await ConnectAsync(port);
        Assert.Equal("served", await client.EchoAsync("served", TimeoutToken));

        TestContext.Current.TestOutputHelper?.WriteLine($"Served after {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms.");
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Watch_ThatHangs_LetsNoRowSayActiveForLongerThanFifteenSeconds()
    {
        await RunApplicationAsync("echo", "echo");
        await ForwardAsync("echo");
        using var broken = Cluster.Break(new RequestFault(FaultAction.Silence) { Verb = "watch" });

        var began = Stopwatch.GetTimestamp();
        Cluster.World.Scale(Shop, "echo", 0);
        await BecomesAsync("echo", ForwardStatus.Reconnecting);
        var left = Stopwatch.GetElapsedTime(began);
        Cluster.World.Scale(Shop, "echo", 1);
        await Cluster.Pods.WaitReadyAsync(Shop, "app=echo", TimeoutToken);
        var ready = Stopwatch.GetTimestamp();
        await BecomesAsync("echo", ForwardStatus.Active);

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Nobody connected, no watch told: said after {left.TotalSeconds:0.0} s, and that it is back after {Stopwatch.GetElapsedTime(ready).TotalSeconds:0.0} s.");
        Assert.InRange(left, TimeSpan.Zero, TimeSpan.FromSeconds(15));
        Assert.InRange(Stopwatch.GetElapsedTime(ready), TimeSpan.Zero, TimeSpan.FromSeconds(15));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Watch_WhoseVersionIsGone_GoesOnWithAListAndNobodyNotices(bool asEvent)
    {
        await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");
        using var kept = await ConnectAsync(port);
        Assert.Equal("one", await kept.EchoAsync("one", TimeoutToken));
        var listed = Cluster.Requests.Count(request => request is { Verb: "list", Resource: "pods" });

        if (asEvent)
        {
            Cluster.Faults.Add(new RequestFault(FaultAction.Expire) { Verb = "watch", Resource = "pods", Times = 1 });
        }
        else
        {
            Cluster.Faults.Add(new RequestFault(FaultAction.Status) { Verb = "watch", Resource = "pods", Code = 410, Times = 1 });
            Cluster.Connections.DropAll("pods");
        }

        await Cluster.Requests.WaitAsync(request => request is { Verb: "list", Resource: "pods" }, TimeoutToken, listed + 1);
        Assert.Equal("two", await kept.EchoAsync("two", TimeoutToken));
        Assert.Equal(0, (await WaitForAsync("echo", _ => true)).Reconnects);
        Cluster.World.Scale(Shop, "echo", 0);
        await BecomesAsync("echo", ForwardStatus.Reconnecting);
    }

    [Fact]
    public async Task Watching_NotAllowed_IsPolledAndSaidOnTheRow()
    {
        Cluster.Users.Add("reader");
        foreach (var kind in (string[])["pods", "services", "endpointslices"])
            Cluster.Rbac.Deny("reader", "watch", kind);
        Cluster.WriteKubeconfig(Kubeconfig, user: "reader", @namespace: Shop);
        var old = await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");
        Assert.Contains("watch", (await WaitForAsync("echo", snapshot => snapshot.Warning is not null)).Warning!, StringComparison.Ordinal);

        Cluster.Pods.Delete(old);
        await Cluster.Pods.WaitGoneAsync(old, TimeoutToken);
        using var client = await ConnectAsync(port);
        Assert.Equal("served", await client.EchoAsync("served", TimeoutToken));
        var next = (await Cluster.Pods.WaitReadyAsync(Shop, "app=echo", TimeoutToken))[0];
        await WaitForAsync("echo", snapshot => snapshot.Pods.Contains(next.Name));
    }

    [Fact]
    public async Task EndpointSlices_NotAllowed_AreReplacedByTheSelectorAndSaidOnTheRow()
    {
        Cluster.Users.Add("reader");
        Cluster.Rbac.Deny("reader", "list", "endpointslices");
        Cluster.Rbac.Deny("reader", "watch", "endpointslices");
        Cluster.WriteKubeconfig(Kubeconfig, user: "reader", @namespace: Shop);
        await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");

        using var client = await ConnectAsync(port);
        Assert.Equal("served", await client.EchoAsync("served", TimeoutToken));
        Assert.Contains("endpointslices", (await WaitForAsync("echo", snapshot => snapshot.Warning is not null)).Warning!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Service_CreatedAgainWithAnotherSelectorAndPort_IsFollowed()
    {
        await RunApplicationAsync("echo", "echo");
        var other = await RunApplicationAsync("other", "server-speaks-first");
        var port = await ForwardAsync("echo");
        using var before = await ConnectAsync(port);
        Assert.Equal("one", await before.EchoAsync("one", TimeoutToken));

        Cluster.World.Remove(ResourceKinds.Services, Shop, "echo");
        await WaitForAsync("echo", snapshot => snapshot is { Status: ForwardStatus.Reconnecting, Fault.Kind: FaultKind.ServiceNotFound });
        Cluster.World.AddService(Shop, "echo", "other", new Testing.World.ServicePortSpec(80, "8080"));

        await WaitForAsync("echo", snapshot => snapshot.Pods.Contains(other.Name));
        using var after = await ConnectAsync(port);
        Assert.Contains(other.Name, await after.ReceiveTextAsync(4 + other.Name.Length, TimeoutToken), StringComparison.Ordinal);
        Assert.Equal("two", await before.EchoAsync("two", TimeoutToken));
    }
}
