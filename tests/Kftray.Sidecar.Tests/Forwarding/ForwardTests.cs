using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kftray.Sidecar.Tests.Forwarding;

public sealed class ForwardTests : ForwardTestBase
{
    private static readonly Fault Lost = new(FaultKind.ConnectionLost, "The connection was lost.");

    [Fact]
    public async Task Forward_BeforeTheFirstAnswer_IsStartingWithItsPortBound()
    {
        await ApplyAsync(Spec("web"));

        var snapshot = await Becomes(ForwardStatus.Starting);

        Assert.Equal(Port, snapshot.LocalPort);
        Assert.Empty(snapshot.Pods);
    }

    [Fact]
    public async Task Forward_WithAReadyPod_BecomesActiveAndCarriesIt()
    {
        await ApplyAsync(Spec("web"));
        await Becomes(ForwardStatus.Starting);

        Resolver.Ready(Dialer.Pod("web-0"));

        var snapshot = await Becomes(ForwardStatus.Active);
        Assert.Equal(["web-0"], snapshot.Pods);
        Assert.Equal("test", snapshot.Context);
        Assert.Equal("spdy", snapshot.Transport);
        Assert.Equal(0, snapshot.Reconnects);
    }

    [Fact]
    public async Task Forward_WithoutALocalPort_SaysWhichOneItGot()
    {
        Resolver.Ready(Dialer.Pod("web-0"));
        await ApplyAsync(Spec("web", localPort: 0));

        var snapshot = await Becomes(ForwardStatus.Active);

        Assert.Equal(Assert.Single(Binder.Bound), snapshot.LocalPort);
        Assert.Equal(0, snapshot.ConfiguredLocalPort);
    }

    [Fact]
    public async Task Forward_WithNoReadyPod_ReconnectsAndKeepsItsPort()
    {
        await ActiveAsync();

        Resolver.Unavailable();

        var snapshot = await Becomes(ForwardStatus.Reconnecting);
        Assert.Equal(FaultKind.NoReadyPod, snapshot.Fault?.Kind);
        Assert.Equal(WaitingFor.Event, snapshot.WaitingFor);
        Assert.Equal(1, snapshot.Reconnects);
        Assert.Equal(Port, snapshot.LocalPort);
        Assert.Equal([Port], Binder.Bound);
        Assert.Equal(0, Dialer.HeldLeases);
    }

    [Fact]
    public async Task Forward_WhenItsSessionIsLost_ReconnectsAtOnceAndCountsIt()
    {
        await ActiveAsync();

        Dialer.LoseSessions(Lost);

        await Feed.Becomes("app/web", snapshot => snapshot is { Status: ForwardStatus.Active, Reconnects: 1 }, TimeoutToken);
        Assert.Equal(["web-0", "web-0"], Dialer.Warmed);
        Assert.Equal(1, Dialer.HeldLeases);
    }

    [Fact]
    public async Task Forward_WhenItsSessionIsLostAndTheServerIsAway_BacksOffWithinASecond()
    {
        await ActiveAsync();
        Dialer.SetUnreachable("web-0", Lost);

        Dialer.LoseSessions(Lost);
        var waiting = await Feed.Becomes("app/web", snapshot => snapshot is { Status: ForwardStatus.Reconnecting, Attempt: 1 }, TimeoutToken);
        Assert.Equal(WaitingFor.Time, waiting.WaitingFor);
        Assert.InRange(waiting.NextAttemptAt!.Value - Time.GetUtcNow(), TimeSpan.Zero, TimeSpan.FromMilliseconds(200));

        Dialer.SetUnreachable("web-0", null);
        await Time.Armed(due => due <= TimeSpan.FromMilliseconds(200));
        Time.Advance(TimeSpan.FromMilliseconds(200));

        // The new session is the proof: nothing more is waited for.
        await Becomes(ForwardStatus.Active);
    }

    [Fact]
    public async Task Forward_AfterALongTimeActive_StartsTheNextStreakFromNothing()
    {
        await Forward_WhenItsSessionIsLostAndTheServerIsAway_BacksOffWithinASecond();
        Time.Advance(TimeSpan.FromMinutes(5));

        Resolver.Unavailable();

        Assert.Equal(0, (await Becomes(ForwardStatus.Reconnecting)).Attempt);
    }

    [Fact]
    public async Task Forward_WhenThePodIsReplacedWhileItsSessionHangs_GoesToTheNewOne()
    {
        var hanging = Dialer.HangNextWarm();
        Resolver.Ready(Dialer.Pod("web-0"));
        await ApplyAsync(Spec("web"));
        await hanging.WaitAsync(TimeoutToken);

        Resolver.Ready(Dialer.Pod("web-1"));

        Assert.Equal(["web-1"], (await Becomes(ForwardStatus.Active)).Pods);
    }

    [Fact]
    public async Task Forward_WhenTheFirstPodCannotBeReached_UsesTheSecond()
    {
        Dialer.SetUnreachable("web-0", Lost);
        Resolver.Ready(Dialer.Pod("web-0"), Dialer.Pod("web-1"));

        await ApplyAsync(Spec("web"));

        Assert.Equal(["web-1"], (await Becomes(ForwardStatus.Active)).Pods);
    }

    [Fact]
    public async Task Forward_ThatReconnected_SaysWhyTheLastTimes()
    {
        await ActiveAsync();
        for (var i = 1; i <= 6; i++)
        {
            Resolver.Push(new Resolution.Unavailable(new Fault(FaultKind.NoReadyPod, $"Cause {i}."), WaitingFor.Event));
            await Becomes(ForwardStatus.Reconnecting);
            Resolver.Ready(Dialer.Pod($"web-{i}"));
            await Becomes(ForwardStatus.Active);
        }

        var snapshot = await Becomes(ForwardStatus.Active);
        Assert.Equal(6, snapshot.Reconnects);
        Assert.Equal(["Cause 6.", "Cause 5.", "Cause 4.", "Cause 3.", "Cause 2."], snapshot.ReconnectCauses.Select(cause => cause.Message));
        Assert.Equal(12.3, snapshot.PingMilliseconds);
    }

    [Fact]
    public async Task Forward_WhosePodCannotBeReached_DoubtsTheAnswer()
    {
        Dialer.SetUnreachable("web-0", Lost);
        Resolver.Ready(Dialer.Pod("web-0"));
        await ApplyAsync(Spec("web"));
        await Becomes(ForwardStatus.Reconnecting);

        Assert.Contains(Lost, Resolver.Doubts);
    }

    [Fact]
    public async Task Forward_WhoseConnectionsWaitForAnEvent_AsksWhetherItWasMissed()
    {
        Resolver.Unavailable();
        // However often the clock is moved before the connection is seen to wait.
        await ApplyAsync(Spec("web") with { HoldTimeout = TimeSpan.FromHours(1) });
        await Becomes(ForwardStatus.Reconnecting);
        await Time.Armed(TimeSpan.FromSeconds(3));
        Time.Advance(TimeSpan.FromSeconds(3));
        await Time.Armed(TimeSpan.FromSeconds(3));
        Assert.Empty(Resolver.Doubts);

        Connect();
        while (Resolver.Doubts.IsEmpty)
        {
            TimeoutToken.ThrowIfCancellationRequested();
            await Time.Armed(TimeSpan.FromSeconds(3));
            Time.Advance(TimeSpan.FromSeconds(3));
        }

        Assert.All(Resolver.Doubts, Assert.Null);
    }

    [Fact]
    public async Task Forward_WhenOnePodRefuses_StaysWithTheOtherWhenItIsForgiven()
    {
        Dialer.SetUnreachable("web-0", Lost);
        Resolver.Ready(Dialer.Pod("web-0"), Dialer.Pod("web-1"));
        await ApplyAsync(Spec("web"));
        Assert.Equal(["web-1"], (await Becomes(ForwardStatus.Active)).Pods);

        Dialer.SetUnreachable("web-0", null);
        await Time.Armed(due => due <= TimeSpan.FromMilliseconds(200));
        Time.Advance(TimeSpan.FromMilliseconds(200));

        var both = await Feed.Becomes("app/web", snapshot => snapshot.Pods.Count == 2, TimeoutToken);
        Assert.Equal(["web-1", "web-0"], both.Pods);
        Assert.Equal(0, both.Reconnects);
    }

    [Fact]
    public async Task Forward_OnABusyPort_FailsAndTakesItTwoSecondsAfterItIsFree()
    {
        Binder.SetFault(Port, new Fault(FaultKind.PortInUse, "Port 18080 is in use.", "Pick another."));
        Resolver.Ready(Dialer.Pod("web-0"));
        await ApplyAsync(Spec("web"));
        Assert.Equal(FaultKind.PortInUse, (await Becomes(ForwardStatus.Failed)).Fault?.Kind);

        // Still busy at the first new attempt.
        await Time.Armed(TimeSpan.FromSeconds(2));
        Time.Advance(TimeSpan.FromSeconds(2));
        await Time.Armed(TimeSpan.FromSeconds(2));
        Assert.Equal(2, Binder.Attempts);

        Binder.SetFault(Port, null);
        Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Null((await Becomes(ForwardStatus.Active)).Fault);
    }

    [Fact]
    public async Task Forward_OnAPortItMayNotOpen_TriesAgainAfterThirtySeconds()
    {
        Binder.SetFault(Port, new Fault(FaultKind.PortNotPermitted, "Port 18080 may not be opened."));
        await ApplyAsync(Spec("web"));
        await Becomes(ForwardStatus.Failed);

        await Time.Armed(TimeSpan.FromSeconds(30));
        Binder.SetFault(Port, null);
        Time.Advance(TimeSpan.FromSeconds(30));

        await Becomes(ForwardStatus.Starting);
    }

    [Fact]
    public async Task Forward_WhoseBinderThrowsSomethingUnforeseen_FailsAlone()
    {
        var good = Spec("good", 18081);
        Resolver.Ready(Dialer.Pod("web-0"));
        await ApplyAsync(good);
        await Feed.Becomes(good.Id, ForwardStatus.Active, TimeoutToken);
        Binder.Unexpected = new NotSupportedException("nobody thought of this");

        await ApplyAsync(good, Spec("web"));

        Assert.Equal(FaultKind.Unknown, (await Becomes(ForwardStatus.Failed)).Fault?.Kind);
        Assert.Equal(ForwardStatus.Active, Set.Snapshots.Single(snapshot => snapshot.Id == good.Id).Status);
        Assert.Contains(Log.Lines, line => line.Level == LogLevel.Error);
    }

    [Fact]
    public async Task Forward_WhoseListenerBreaks_SaysSoInsteadOfStayingActive()
    {
        await ActiveAsync();

        Binder.Endpoint(Port).Break(new ObjectDisposedException("listener"));

        await Becomes(ForwardStatus.Failed);
        await Feed.WaitFor(_ => Binder.Bound.Count == 0 && Dialer.HeldLeases == 0, TimeoutToken);
    }

    [Fact]
    public async Task Forward_WhoseResolverThrows_SaysSoInsteadOfWaitingForever()
    {
        await ActiveAsync();

        Resolver.Fail(new InvalidDataException("a resolver must not throw"));

        await Becomes(ForwardStatus.Failed);
    }

    [Fact]
    public async Task Forward_ThatIsBlocked_BindsNothingAndSaysWhy()
    {
        var blocked = Spec("web") with { Blocked = new Fault(FaultKind.UntrustedWorkspace, "The workspace is not trusted.") };

        await Set.ApplyAsync([blocked], new HashSet<string>(), TimeoutToken);

        Assert.Equal(FaultKind.UntrustedWorkspace, (await Becomes(ForwardStatus.Blocked)).Fault?.Kind);
        Assert.Equal(0, Binder.Attempts);
    }

    [Fact]
    public async Task Forward_ThatIsBlockedForAnotherReason_SaysTheNewOne()
    {
        await Set.ApplyAsync([Spec("web") with { Blocked = new Fault(FaultKind.UntrustedWorkspace, "Not trusted.") }], new HashSet<string>(), TimeoutToken);
        await Becomes(ForwardStatus.Blocked);

        await Set.ApplyAsync([Spec("web") with { Blocked = new Fault(FaultKind.NonLoopbackAddress, "Not loopback.") }], new HashSet<string>(), TimeoutToken);

        await Feed.Becomes("app/web", snapshot => snapshot.Fault?.Kind == FaultKind.NonLoopbackAddress, TimeoutToken);
    }
}
