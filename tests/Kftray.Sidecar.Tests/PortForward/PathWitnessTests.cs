using Kftray.Sidecar.PortForward.Spdy;
using Kftray.Sidecar.Tests.Fakes;
using Xunit;

namespace Kftray.Sidecar.Tests.PortForward;

/// <summary>One session of a pool judges the silence of another.</summary>
public sealed class PathWitnessTests : SessionPoolTestBase
{
    [Fact]
    public async Task Witness_WhenAnotherSessionIsIdle_AsksItAndHears()
    {
        await OpenAsync();
        await (await OpenAsync()).DisposeAsync();
        var asking = Sessions[0];
        Time.Advance(TimeSpan.FromSeconds(1));
        var since = Time.GetTimestamp();
        Assert.False(Pool.HasHeard(asking, since));

        await Peers[1].OpenedAsync(TimeoutToken);
        PeerFrame frame;
        do
            frame = await Peers[1].NextAsync(TimeoutToken);
        while (frame.Type != SpdyControl.Ping);
        await Peers[1].SendAsync(SpdyPeer.Ping(frame.StreamId));

        await UntilAsync(() => Pool.HasHeard(asking, since));
        Assert.Equal(2, Opened);
    }

    [Fact]
    public async Task Witness_WhenThereIsNone_IsOpenedOnceAndHasHeard()
    {
        await OpenAsync();
        Time.Advance(TimeSpan.FromSeconds(1));
        var since = Time.GetTimestamp();

        Assert.False(Pool.HasHeard(Sessions[0], since));
        await OpenedAsync(2);

        await UntilAsync(() => Pool.HasHeard(Sessions[0], since));
        Assert.Equal(2, Opened);
    }
}
