using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.PortForward;
using Kftray.Sidecar.PortForward.Spdy;
using Kftray.Sidecar.Tests.Fakes;
using Xunit;

namespace Kftray.Sidecar.Tests.PortForward;

/// <summary>More connections than sessions, and servers that refuse them.</summary>
public sealed class SessionSharingTests : SessionPoolTestBase
{
    [Fact]
    public async Task Connections_AtTheSameTime_GetASessionEachUpToTheCap()
    {
        for (var i = 0; i < 20; i++)
            await OpenAsync();

        Assert.Equal(8, Opened);
        Assert.Equal([2, 2, 2, 2, 3, 3, 3, 3], Peers.Select(peer => peer.Transport.Writes.Count).Order());
    }

    [Fact]
    public async Task Refusal_OfTheOnlySession_ReachesTheConnection()
    {
        Refuse(FaultKind.Forbidden);

        var refused = await Assert.ThrowsAsync<ForwardException>(OpenAsync);

        Assert.Equal(FaultKind.Forbidden, refused.Fault.Kind);
        Assert.Equal(1, Opened);
    }

    [Fact]
    public async Task Refusal_OfASessionOfItsOwn_LetsTheConnectionShareAndIsNotRepeatedAtOnce()
    {
        await using (await Pool.WarmAsync(TimeoutToken))
        {
            await OpenedAsync(1);
            Refuse(FaultKind.Throttled);

            for (var i = 0; i < 10; i++)
                await OpenAsync();
            Assert.Equal(2, Opened);
            Time.Advance(TimeSpan.FromSeconds(1));
            await OpenAsync();
            Assert.Equal(3, Opened);

            // Twice as long after the second.
            Time.Advance(TimeSpan.FromSeconds(1));
            await OpenAsync();
            Assert.Equal(3, Opened);
            Time.Advance(TimeSpan.FromSeconds(1));
            Refuse(null);
            await OpenAsync();
            Assert.True(Opened >= 4);
            Assert.Equal(12, Peers[0].Transport.Writes.Count(write => write is not [0x80, 0x03, 0x00, (byte)SpdyControl.Ping, ..]));
        }
    }

    [Fact]
    public async Task Cap_ThatTheSettingsLower_HoldsForTheNextConnections()
    {
        Limits.PerPod = 3;

        for (var i = 0; i < 9; i++)
            await OpenAsync();

        Assert.Equal(3, Opened);
        Assert.All(Peers, peer => Assert.Equal(3, peer.Transport.Writes.Count));
    }

    [Fact]
    public async Task Streams_WhoseClientHasEnded_LeaveTheirSessionToOthers()
    {
        Limits.PerPod = 2;
        for (var i = 0; i < 4; i++)
            await (await OpenAsync()).CompleteWritesAsync();

        Assert.Equal(1, Opened);
    }

    [Fact]
    public async Task Connection_WhileTheWarmSessionIsBeingOpened_TakesThatOne()
    {
        var gate = Hold();
        var warming = Pool.WarmAsync(TimeoutToken).AsTask();
        var opening = OpenAsync();
        var another = OpenAsync();
        await OpenedAsync(2);

        gate.SetResult();

        await (await warming.WaitAsync(TimeoutToken)).DisposeAsync();
        await opening.WaitAsync(TimeoutToken);
        await another.WaitAsync(TimeoutToken);
        Assert.Equal(2, Peers.Count(peer => peer.Transport.Writes.Count == 1));
    }

    [Fact]
    public async Task Connection_AtTheHardLimit_TakesThePlaceOfTheOneThatIsStalledLongest()
    {
        List<IPodStream> stalled = [];
        for (var i = 0; i < SessionLimits.Hard; i++)
        {
            stalled.Add(await OpenAsync());
            var (_, data) = await Peers[i].OpenedAsync(TimeoutToken);
            await Peers[i].SendAsync(SpdyPeer.Data(data, "nobody reads"));
            await UntilAsync(() => Sessions[i].Load.IsStalled);
            Time.Advance(TimeSpan.FromMilliseconds(20));
        }

        var served = await OpenAsync();

        Assert.NotNull(served);
        await UntilAsync(() => stalled[0].Lost.IsCancellationRequested);
        Assert.All(stalled.Skip(1), stream => Assert.False(stream.Lost.IsCancellationRequested));
        Assert.Equal(SessionLimits.Hard + 1, Opened);
        foreach (var stream in stalled)
            await stream.DisposeAsync();
    }

    [Fact]
    public async Task Connection_NextToAStalledOne_NeverSharesItsSession()
    {
        var stalled = await OpenAsync();
        var (_, data) = await Peers[0].OpenedAsync(TimeoutToken);
        await Peers[0].SendAsync(SpdyPeer.Data(data, "nobody reads"));
        await Time.Armed(TimeSpan.FromSeconds(5)).WaitAsync(TimeoutToken);
        Time.Advance(TimeSpan.FromMilliseconds(20));

        for (var i = 0; i < 20; i++)
            await OpenAsync();

        Assert.Single(Peers[0].Transport.Writes);
        Assert.Equal(9, Opened);
        await stalled.DisposeAsync();
    }
}
