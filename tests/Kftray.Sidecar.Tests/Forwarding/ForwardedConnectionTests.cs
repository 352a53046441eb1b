using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Xunit;

namespace Kftray.Sidecar.Tests.Forwarding;

public sealed class ForwardedConnectionTests : ForwardTestBase
{
    private static readonly PodStreamFailure Died = new(new Fault(FaultKind.ConnectionLost, "The session died."), ApplicationGotNothing: false);

    [Fact]
    public async Task Connection_ThroughAnActiveForward_CarriesBytesBothWaysAndEndsCleanly()
    {
        await ActiveAsync();
        var client = Connect();
        var pod = await Dialer.NextStreamAsync(TimeoutToken);

        client.Send("ping");
        await pod.ReceivesAsync("ping", TimeoutToken);
        client.End();
        await pod.Finished.WaitAsync(TimeoutToken);
        pod.Send("the whole reply, after the client's end");
        pod.End();

        await client.ReceivesAsync("the whole reply, after the client's end", TimeoutToken);
        await client.Finished.WaitAsync(TimeoutToken);
        await client.Disposed.WaitAsync(TimeoutToken);
        Assert.False(client.Reset.IsCompleted);
        Assert.False(pod.Reset.IsCompleted);
    }

    [Fact]
    public async Task Connection_WhoseClientResets_ResetsThePodsSide()
    {
        await ActiveAsync();
        var client = Connect();
        var pod = await Dialer.NextStreamAsync(TimeoutToken);

        client.SendReset();

        await pod.Reset.WaitAsync(TimeoutToken);
        await pod.Disposed.WaitAsync(TimeoutToken);
    }

    [Fact]
    public async Task Connection_WhosePodResets_ResetsTheClient()
    {
        await ActiveAsync();
        var client = Connect();
        var pod = await Dialer.NextStreamAsync(TimeoutToken);
        client.Send("request");
        await pod.ReceivesAsync("request", TimeoutToken);

        pod.Fail(Died);

        await client.Reset.WaitAsync(TimeoutToken);
    }

    [Fact]
    public async Task Connection_WhileReconnecting_IsHeldAndServedByTheNextPod()
    {
        await ActiveAsync();
        Resolver.Unavailable();
        await Becomes(ForwardStatus.Reconnecting);

        var client = Connect();
        client.Send("request");
        await Time.Armed(TimeSpan.FromSeconds(30)).WaitAsync(TimeoutToken);
        Resolver.Ready(Dialer.Pod("web-1"));

        var pod = await Dialer.NextStreamAsync(TimeoutToken);
        Assert.Equal("web-1", pod.Target.Name);
        await pod.ReceivesAsync("request", TimeoutToken);
    }

    [Fact]
    public async Task Connection_WhoseFirstBytesAreHere_SendsThemWithTheDial()
    {
        await ActiveAsync();
        Resolver.Unavailable();
        await Becomes(ForwardStatus.Reconnecting);
        var client = Connect();
        client.Send("request");
        await Time.Armed(TimeSpan.FromSeconds(30)).WaitAsync(TimeoutToken);
        Resolver.Ready(Dialer.Pod("web-1"));

        var pod = await Dialer.NextStreamAsync(TimeoutToken);

        Assert.Equal("request", pod.FirstBytes);
    }

    [Fact]
    public async Task Connection_HeldLongerThanTheLimit_IsReset()
    {
        await ActiveAsync(spec => spec with { HoldTimeout = TimeSpan.FromSeconds(7) });
        Resolver.Unavailable();
        await Becomes(ForwardStatus.Reconnecting);
        var client = Connect();

        await Time.Armed(TimeSpan.FromSeconds(7)).WaitAsync(TimeoutToken);
        Time.Advance(TimeSpan.FromSeconds(6.9));
        Assert.False(client.Reset.IsCompleted);
        Time.Advance(TimeSpan.FromSeconds(0.2));

        await client.Reset.WaitAsync(TimeoutToken);
    }

    [Fact]
    public async Task Connection_ThatIsHeld_IsCountedAsHeld()
    {
        await ActiveAsync();
        Resolver.Unavailable();
        await Becomes(ForwardStatus.Reconnecting);

        Connect();
        await Time.Armed(TimeSpan.FromMilliseconds(500)).WaitAsync(TimeoutToken);
        await Time.Armed(TimeSpan.FromSeconds(30)).WaitAsync(TimeoutToken);
        Time.Advance(TimeSpan.FromMilliseconds(500));

        await Feed.Becomes("app/web", snapshot => snapshot.Traffic is { HeldConnections: 1, OpenConnections: 1 }, TimeoutToken);
    }

    [Fact]
    public async Task Connection_RefusedAfterTheFirstBytes_IsReplayedToTheNextPod()
    {
        Resolver.Ready(Dialer.Pod("web-0"), Dialer.Pod("web-1"));
        await ApplyAsync(Spec("web"));
        await Becomes(ForwardStatus.Active);
        var client = Connect();
        var refused = await Dialer.NextStreamAsync(TimeoutToken);
        client.Send("GET / HTTP/1.1");
        await refused.ReceivesAsync("GET / HTTP/1.1", TimeoutToken);

        refused.Refuse();

        var next = await Dialer.NextStreamAsync(TimeoutToken);
        Assert.Equal("web-1", next.Target.Name);
        Assert.Equal("GET / HTTP/1.1", next.FirstBytes);
        next.Send("200");
        await client.ReceivesAsync("200", TimeoutToken);
        Assert.False(client.Reset.IsCompleted);
        await Feed.Becomes("app/web", snapshot => snapshot.Pods is ["web-1"], TimeoutToken);
    }

    [Fact]
    public async Task Connection_WhoseClientHasEnded_IsReplayedWithItsEnd()
    {
        Resolver.Ready(Dialer.Pod("web-0"), Dialer.Pod("web-1"));
        await ApplyAsync(Spec("web"));
        await Becomes(ForwardStatus.Active);
        var client = Connect();
        var refused = await Dialer.NextStreamAsync(TimeoutToken);
        client.Send("request");
        client.End();
        await refused.Finished.WaitAsync(TimeoutToken);

        refused.Refuse();

        var next = await Dialer.NextStreamAsync(TimeoutToken);
        Assert.Equal("request", next.FirstBytes);
        await next.Finished.WaitAsync(TimeoutToken);
    }

    [Fact]
    public async Task Connection_WhoseDialFails_TakesTheNextPod()
    {
        Resolver.Ready(Dialer.Pod("web-0"), Dialer.Pod("web-1"));
        await ApplyAsync(Spec("web"));
        await Becomes(ForwardStatus.Active);
        Dialer.SetUnreachable("web-0", new Fault(FaultKind.PodGone, "The pod is gone."));

        Connect();

        Assert.Equal("web-1", (await Dialer.NextStreamAsync(TimeoutToken)).Target.Name);
    }

    [Fact]
    public async Task Connection_WithMoreThanTheReplayLimitSent_IsResetInsteadOfReplayed()
    {
        await ActiveAsync();
        var client = Connect();
        var pod = await Dialer.NextStreamAsync(TimeoutToken);
        client.Send(new string('x', ReplayBuffer.Limit));
        client.Send("one more");
        await pod.ReceivesAsync(new string('x', ReplayBuffer.Limit) + "one more", TimeoutToken);

        pod.Refuse();

        await client.Reset.WaitAsync(TimeoutToken);
    }

    [Fact]
    public async Task Connection_WhosePodHasSpoken_IsNeverReplayed()
    {
        Resolver.Ready(Dialer.Pod("web-0"), Dialer.Pod("web-1"));
        await ApplyAsync(Spec("web"));
        await Becomes(ForwardStatus.Active);
        var client = Connect();
        var pod = await Dialer.NextStreamAsync(TimeoutToken);
        pod.Send("220 ready");
        await client.ReceivesAsync("220 ready", TimeoutToken);

        pod.Refuse();

        await client.Reset.WaitAsync(TimeoutToken);
        await client.Disposed.WaitAsync(TimeoutToken);
        Assert.Equal(["web-0"], Set.Snapshots.Single().Pods.Take(1));
    }

    [Fact]
    public async Task Connection_LostWithoutProof_IsNeverReplayed()
    {
        await ActiveAsync();
        var client = Connect();
        var pod = await Dialer.NextStreamAsync(TimeoutToken);
        client.Send("POST /order");
        await pod.ReceivesAsync("POST /order", TimeoutToken);

        pod.Fail(Died);

        await client.Reset.WaitAsync(TimeoutToken);
        Assert.Equal(ForwardStatus.Active, Set.Snapshots.Single().Status);
    }

    [Fact]
    public async Task Connection_RefusedLongAfterItWasOpened_IsHeldAnew()
    {
        await ActiveAsync();
        var client = Connect();
        var pod = await Dialer.NextStreamAsync(TimeoutToken);
        Resolver.Unavailable();
        await Becomes(ForwardStatus.Reconnecting);

        // A connection that a browser opened ahead of need, an hour ago.
        Time.Advance(TimeSpan.FromHours(1));
        pod.Refuse();
        await Time.Armed(TimeSpan.FromSeconds(30)).WaitAsync(TimeoutToken);
        Resolver.Ready(Dialer.Pod("web-1"));

        Assert.Equal("web-1", (await Dialer.NextStreamAsync(TimeoutToken)).Target.Name);
        Assert.False(client.Reset.IsCompleted);
    }

    [Fact]
    public async Task Connection_WhosePodEndsWhileTheClientKeepsItsSideOpen_EndsAfterTheLinger()
    {
        await ActiveAsync();
        var client = Connect();
        var pod = await Dialer.NextStreamAsync(TimeoutToken);
        pod.Send("bye");
        pod.End();
        await client.Finished.WaitAsync(TimeoutToken);

        await Time.Armed(TimeSpan.FromSeconds(2)).WaitAsync(TimeoutToken);
        Time.Advance(TimeSpan.FromSeconds(2));

        await client.Disposed.WaitAsync(TimeoutToken);
        Assert.Equal("bye", client.Written);
        Assert.False(client.Reset.IsCompleted);
    }

    [Fact]
    public async Task Connections_Spread_GoRoundTheReadyPods()
    {
        Resolver.Ready(Dialer.Pod("web-0"), Dialer.Pod("web-1"));
        await ApplyAsync(Spec("web") with { Balance = Balance.Spread });
        await Becomes(ForwardStatus.Active);

        List<string> pods = [];
        for (var i = 0; i < 4; i++)
        {
            Connect();
            pods.Add((await Dialer.NextStreamAsync(TimeoutToken)).Target.Name);
        }

        Assert.Equal(["web-0", "web-1", "web-0", "web-1"], pods);
    }

    [Fact]
    public async Task Traffic_OfAConnection_IsCountedInBothDirections()
    {
        await ActiveAsync();
        var client = Connect();
        var pod = await Dialer.NextStreamAsync(TimeoutToken);
        client.Send("four");
        await pod.ReceivesAsync("four", TimeoutToken);
        pod.Send("eleven here");
        await client.ReceivesAsync("eleven here", TimeoutToken);
        client.End();
        pod.End();
        await client.Disposed.WaitAsync(TimeoutToken);

        Assert.Equal((11L, 4L, 1L), Set.Snapshots.Single().Traffic is var traffic ? (traffic.BytesIn, traffic.BytesOut, traffic.TotalConnections) : default);
    }
}
