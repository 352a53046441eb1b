using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.PortForward.Spdy;
using Kftray.Sidecar.Tests.Fakes;
using Xunit;

namespace Kftray.Sidecar.Tests.PortForward;

public sealed class SessionPoolTests : SessionPoolTestBase
{
    [Fact]
    public async Task Connections_OneAfterTheOther_ReuseTheIdleSession()
    {
        for (var i = 0; i < 5; i++)
            await (await OpenAsync()).DisposeAsync();

        Assert.Equal(1, Opened);
    }

    [Fact]
    public async Task Lease_WhileItIsHeld_KeepsASessionReadyForTheNextConnection()
    {
        await using var lease = await Pool.WarmAsync(TimeoutToken);
        await OpenAsync();

        await OpenedAsync(2);
        await OpenAsync();
        await OpenedAsync(3);

        Assert.False(lease.Lost.IsCompleted);
    }

    [Fact]
    public async Task Lease_WhenTheLastSessionDies_SaysWhyAndTheNextOneOpensAnother()
    {
        await using var lease = await Pool.WarmAsync(TimeoutToken);

        Peers[0].Close();
        Assert.Equal(FaultKind.ConnectionLost, (await lease.Lost.WaitAsync(TimeoutToken)).Kind);

        await using var next = await Pool.WarmAsync(TimeoutToken);
        Assert.False(next.Lost.IsCompleted);
        Assert.Equal(2, Opened);
    }

    [Fact]
    public async Task Connection_AfterItsSessionDied_GetsANewOne()
    {
        await (await OpenAsync()).DisposeAsync();
        Peers[0].Close();

        var stream = await OpenAsync();

        Assert.NotNull(stream);
        Assert.InRange(Opened, 1, 2);
    }

    [Fact]
    public async Task Session_ThatDiesInTheMiddleOfAFrame_EndsItsStreamsAloneAndTheNextOneServes()
    {
        var lost = await OpenAsync();
        var other = await OpenAsync();
        var (_, data) = await Peers[0].OpenedAsync(TimeoutToken);
        await Peers[0].SendAsync(SpdyPeer.Data(data, new byte[1000])[..500]);
        Peers[0].Close();

        await Assert.ThrowsAsync<EndOfConnectionException>(async () =>
        {
            while (!(await lost.ReadAsync(TimeoutToken)).IsEmpty)
            {
                // The part that came is the reader's.
            }
        });

        Assert.False(lost.Failure?.ApplicationGotNothing);
        Assert.Null(other.Failure);
        await OpenAsync();
        Assert.Equal(3, Opened);
    }

    [Fact]
    public async Task Connection_WhenEverySessionIsGoingAway_OpensAnother()
    {
        for (var i = 0; i < 8; i++)
            await OpenAsync();
        foreach (var peer in Peers.ToArray())
        {
            await peer.SendAsync(SpdyPeer.GoAway(), SpdyPeer.Ping(2));
            PeerFrame frame;
            do
                frame = await peer.NextAsync(TimeoutToken);
            while (frame.Type != SpdyControl.Ping);
        }

        await OpenAsync();

        Assert.Equal(9, Opened);
    }

    [Fact]
    public async Task Trim_OfASessionWhoseClientHasOnlyStoppedSending_LeavesItsReplyAlone()
    {
        var stream = await OpenAsync();
        var (error, data) = await Peers[0].OpenedAsync(TimeoutToken);
        await stream.CompleteWritesAsync();

        await Pool.TrimAsync();
        Time.Advance(TimeSpan.FromMinutes(1));
        await Pool.TrimAsync();

        await Peers[0].SendAsync(SpdyPeer.Data(data, "!", fin: true), SpdyPeer.Fin(error));
        Assert.Equal(1, (await stream.ReadAsync(TimeoutToken)).Length);
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task Trim_WithoutALease_ClosesIdleSessionsAndRetires()
    {
        await (await OpenAsync()).DisposeAsync();
        Assert.False(Pool.TryRetire());

        await Pool.TrimAsync();

        Assert.True(Peers[0].Transport.IsDisposed);
        Assert.True(Pool.TryRetire());
        Assert.True(Pool.IsRetired);
        await Assert.ThrowsAsync<ForwardException>(OpenAsync);
        await Assert.ThrowsAsync<ForwardException>(async () => await Pool.WarmAsync(TimeoutToken));
    }

    [Fact]
    public async Task Trim_WithALease_KeepsOneSessionForAsLongAsItLasts()
    {
        await using var lease = await Pool.WarmAsync(TimeoutToken);
        var streams = new[] { await OpenAsync(), await OpenAsync(), await OpenAsync() };
        await OpenedAsync(4);
        foreach (var stream in streams)
            await stream.DisposeAsync();

        await Pool.TrimAsync();
        Time.Advance(TimeSpan.FromSeconds(30));
        await Pool.TrimAsync();

        Assert.Single(Peers, peer => !peer.Transport.IsDisposed);
        Assert.False(lease.Lost.IsCompleted);
    }

    [Fact]
    public async Task Dispose_ClosesEverySessionAndLeavesNoTimer()
    {
        await using (await Pool.WarmAsync(TimeoutToken))
            await OpenAsync();

        await Pool.DisposeAsync();

        Assert.All(Peers, peer => Assert.True(peer.Transport.IsDisposed));
        Assert.Equal(0, Time.ArmedCount);
        await Assert.ThrowsAsync<ForwardException>(OpenAsync);
    }
}
