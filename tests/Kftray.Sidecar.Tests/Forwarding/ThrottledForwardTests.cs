using Kftray.Sidecar.Contract;
using Xunit;

namespace Kftray.Sidecar.Tests.Forwarding;

/// <summary>The server asks for fewer requests.</summary>
public sealed class ThrottledForwardTests : ForwardTestBase
{
    private static readonly Fault Lost = new(FaultKind.ConnectionLost, "The session was lost.");

    [Fact]
    public async Task Forward_WhoseServerAsksForPatience_SaysWhenItTriesNextAndDoesNotTryBefore()
    {
        await ActiveAsync();
        Dialer.SetUnreachable("web-0", new Fault(FaultKind.Throttled, "Fewer, please."), TimeSpan.FromSeconds(20));

        Dialer.LoseSessions(Lost);
        var waiting = await Feed.Becomes("app/web", snapshot => snapshot is { Status: ForwardStatus.Reconnecting, Fault.Kind: FaultKind.Throttled }, TimeoutToken);

        Assert.InRange(waiting.NextAttemptAt!.Value - Time.GetUtcNow(), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(20.2));
        var tried = Dialer.Warmed.Count;
        await Time.Armed(due => due >= TimeSpan.FromSeconds(20) && due < TimeSpan.FromSeconds(21));
        Time.Advance(TimeSpan.FromSeconds(19));
        Assert.Equal(tried, Dialer.Warmed.Count);
        Dialer.SetUnreachable("web-0", null);
        Time.Advance(TimeSpan.FromSeconds(2));
        await Becomes(ForwardStatus.Active);
    }
}
