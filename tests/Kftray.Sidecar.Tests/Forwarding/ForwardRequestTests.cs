using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kftray.Sidecar.Tests.Forwarding;

/// <summary>What the user asks of a forward: retry, restart, stop.</summary>
public sealed class ForwardRequestTests : ForwardTestBase
{
    private static readonly Fault Lost = new(FaultKind.ConnectionLost, "The connection was lost.");

    [Fact]
    public async Task Retry_OnABusyPort_DoesNotWaitForTheClock()
    {
        Binder.SetFault(Port, new Fault(FaultKind.PortInUse, "Port 18080 is in use."));
        await ApplyAsync(Spec("web"));
        await Time.Armed(TimeSpan.FromSeconds(2)).WaitAsync(TimeoutToken);
        Binder.SetFault(Port, null);

        Assert.True(Set.Retry("app/web"));

        await Becomes(ForwardStatus.Starting);
    }

    [Fact]
    public async Task Retry_WhileAPodIsExcluded_TriesItNow()
    {
        Dialer.SetUnreachable("web-0", Lost);
        Resolver.Ready(Dialer.Pod("web-0"));
        await ApplyAsync(Spec("web"));
        await Becomes(ForwardStatus.Reconnecting);
        await Time.Armed(due => due <= TimeSpan.FromSeconds(1)).WaitAsync(TimeoutToken);
        Dialer.SetUnreachable("web-0", null);

        Assert.True(Set.Retry("app/web"));

        await Becomes(ForwardStatus.Active);
    }

    [Fact]
    public async Task Retry_OfAForwardThatDoesNotRun_IsRefused()
    {
        await Set.ApplyAsync([Spec("web")], new HashSet<string>(), TimeoutToken);

        Assert.False(Set.Retry("app/web"));
        Assert.False(Set.Retry("app/nothing"));
        Assert.False(await Set.RestartAsync("app/web"));
    }

    [Fact]
    public async Task Restart_OfAnActiveForward_ResetsItsConnectionsAndComesBack()
    {
        await ActiveAsync();
        var client = Connect();
        await Dialer.NextStreamAsync(TimeoutToken);

        Assert.True(await Set.RestartAsync("app/web").WaitAsync(TimeoutToken));

        await client.Reset.WaitAsync(TimeoutToken);
        await Feed.WaitFor(_ => Set.Snapshots.Single().Status == ForwardStatus.Active, TimeoutToken);
        Assert.Equal([Port], Binder.Bound);
    }

    [Fact]
    public async Task Stop_OfAnActiveForward_LeavesNothing()
    {
        var spec = await ActiveAsync();
        var client = Connect();
        var pod = await Dialer.NextStreamAsync(TimeoutToken);

        await Set.ApplyAsync([spec], new HashSet<string>(), TimeoutToken);

        Assert.Empty(Binder.Bound);
        Assert.Equal(0, Dialer.HeldLeases);
        Assert.Equal(0, Resolver.Followers);
        Assert.True(client.Reset.IsCompleted);
        Assert.True(client.Disposed.IsCompleted);
        Assert.True(pod.Disposed.IsCompleted);
        await Becomes(ForwardStatus.Stopped);
        await Feed.DisposeAsync();
        Assert.Equal(0, Time.ArmedCount);
    }

    [Fact]
    public async Task Stop_WithAClientThatDoesNotRead_DoesNotWaitForIt()
    {
        var spec = await ActiveAsync();
        var client = Connect();
        client.StopReading();
        var pod = await Dialer.NextStreamAsync(TimeoutToken);
        pod.Send("a reply nobody reads");
        await client.WriteBlocked.WaitAsync(TimeoutToken);

        await Set.ApplyAsync([spec], new HashSet<string>(), TimeoutToken).WaitAsync(TimeoutToken);

        Assert.True(client.Reset.IsCompleted);
    }

    [Fact]
    public async Task Stop_WithAPodThatDoesNotRead_DoesNotWaitForIt()
    {
        var spec = await ActiveAsync();
        var client = Connect();
        var pod = await Dialer.NextStreamAsync(TimeoutToken);
        pod.StopReading();
        client.Send("an upload nobody reads");
        await pod.WriteBlocked.WaitAsync(TimeoutToken);

        await Set.ApplyAsync([spec], new HashSet<string>(), TimeoutToken).WaitAsync(TimeoutToken);

        Assert.True(pod.Reset.IsCompleted);
    }

    [Fact]
    public async Task Stop_WhileThePortIsBusy_EndsTheWaiting()
    {
        Binder.SetFault(Port, new Fault(FaultKind.PortInUse, "Port 18080 is in use."));
        var spec = Spec("web");
        await ApplyAsync(spec);
        await Becomes(ForwardStatus.Failed);

        await Set.ApplyAsync([spec], new HashSet<string>(), TimeoutToken).WaitAsync(TimeoutToken);

        Assert.Equal(0, Time.ArmedCount);
    }
}
