using Kftray.Sidecar.Contract;
using Kftray.Testing.Faults;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests;

/// <summary>A forward stays: pods come and go, servers restart, and connections are held where they could not be served.</summary>
public sealed class ReconnectTests : FunctionalTest
{
    [Fact]
    public async Task Forward_WhenItsPodIsDeleted_ServesHeldConnectionsFromTheNext()
    {
        var first = await RunApplicationAsync("echo", "server-speaks-first");
        var port = await ForwardAsync("echo");

        Cluster.Pods.Delete(first, graceSeconds: 0);
        using var client = await ConnectAsync(port);
        var greeting = await client.ReceiveTextAsync(4, TimeoutToken);

        Assert.Equal("220 ", greeting);
        var active = await WaitForAsync("echo", snapshot => snapshot.Status == ForwardStatus.Active && !snapshot.Pods.Contains(first.Name));
        Assert.Equal(port, active.LocalPort);
    }

    [Fact]
    public async Task Forward_WithoutAReadyPod_SaysSoAndHoldsConnections()
    {
        await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");
        Cluster.World.Scale(Shop, "echo", 0);
        var waiting = await BecomesAsync("echo", ForwardStatus.Reconnecting);
        Assert.Equal(FaultKind.NoReadyPod, waiting.Fault?.Kind);
        Assert.Equal(WaitingFor.Event, waiting.WaitingFor);

        using var client = await ConnectAsync(port);
        await client.SendTextAsync("held", TimeoutToken);
        await WaitForAsync("echo", snapshot => snapshot.Traffic.HeldConnections == 1);
        Cluster.World.Scale(Shop, "echo", 1);

        Assert.Equal("held", await client.ReceiveTextAsync(4, TimeoutToken));
    }

    [Fact]
    public async Task Forward_WhoseHoldLimitHasPassed_ResetsTheConnection()
    {
        await ApplyAsync("""{ "service": "nothing", "remote_port": 80, "hold_seconds": 0.2 }""");
        var waiting = await BecomesAsync("nothing", ForwardStatus.Reconnecting);
        Assert.Equal(FaultKind.ServiceNotFound, waiting.Fault?.Kind);

        using var client = await ConnectAsync(waiting.LocalPort);

        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(async () => await client.ReceiveTextAsync(1, TimeoutToken));
    }

    [Fact]
    public async Task Forward_WhenTheServerRestarts_GoesOnByItself()
    {
        await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");

        await Cluster.StopServerAsync();
        await BecomesAsync("echo", ForwardStatus.Reconnecting);
        using var client = await ConnectAsync(port);
        await client.SendTextAsync("held", TimeoutToken);
        await Cluster.StartServerAsync(TimeoutToken);

        Assert.Equal("held", await client.ReceiveTextAsync(4, TimeoutToken));
        var active = await BecomesAsync("echo", ForwardStatus.Active);
        Assert.True(active.Reconnects > 0);
    }

    [Fact]
    public async Task Forward_ToAPortWhereNothingListens_SaysSoAndIsServedWhenSomethingDoes()
    {
        var pod = await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");
        await pod.KillApplicationsAsync();

        using var client = await ConnectAsync(port);
        await client.SendTextAsync("patience", TimeoutToken);
        var refused = await WaitForAsync("echo", snapshot => snapshot.Fault?.Kind == FaultKind.ConnectionRefused);
        Assert.Equal(ForwardStatus.Reconnecting, refused.Status);
        pod.StartApplications();

        Assert.Equal("patience", await client.ReceiveTextAsync(8, TimeoutToken));
        await BecomesAsync("echo", ForwardStatus.Active);
    }

    [Fact]
    public async Task Forward_WhereTheUpgradeIsRefused_TakesTheWebSocket()
    {
        using var gateway = Cluster.Break(new RequestFault(FaultAction.Status) { Transport = "spdy", Code = 403 });
        await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");
        using var client = await ConnectAsync(port);

        Assert.Equal("tunnelled", await client.EchoAsync("tunnelled", TimeoutToken));
        var active = await WaitForAsync("echo", snapshot => snapshot.Transport is not null);
        Assert.Equal("websocket", active.Transport);
    }

    [Fact]
    public async Task Forward_WhereEveryWayIsForbidden_SaysForbidden()
    {
        await RunApplicationAsync("echo", "echo");
        using var denied = Cluster.Rbac.Deny("admin", "*", "pods/portforward");
        await ApplyAsync("""{ "service": "echo", "remote_port": 80 }""");

        var waiting = await BecomesAsync("echo", ForwardStatus.Reconnecting);

        Assert.Equal(FaultKind.Forbidden, waiting.Fault?.Kind);
    }

    [Fact]
    public async Task Pod_FoundByItsLabels_IsForwarded()
    {
        var pod = await RunApplicationAsync("db", "server-speaks-first");
        await ApplyAsync("""{ "alias": "db", "workload_type": "pod", "target": "app=db", "remote_port": 8080 }""");
        var active = await BecomesAsync("db", ForwardStatus.Active);
        using var client = await ConnectAsync(active.LocalPort);

        var greeting = $"220 {pod.Name} ready\r\n";
        Assert.Equal(greeting, await client.ReceiveTextAsync(greeting.Length, TimeoutToken));
    }
}
