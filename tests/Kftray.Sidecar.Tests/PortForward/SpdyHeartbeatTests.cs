using System.Text;
using Kftray.Sidecar.PortForward.Spdy;
using Kftray.Sidecar.Tests.Fakes;
using Xunit;

namespace Kftray.Sidecar.Tests.PortForward;

public sealed class SpdyHeartbeatTests : SpdyTestBase
{
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(4);

    [Fact]
    public async Task Ping_OfTheServer_IsEchoed()
    {
        await Peer.SendAsync(SpdyPeer.Ping(4));

        var echo = await Peer.NextAsync(TimeoutToken);
        Assert.Equal((SpdyControl.Ping, 4), (echo.Type, echo.StreamId));
    }

    [Fact]
    public async Task Ping_ThatIsAnswered_KeepsTheSession()
    {
        for (var i = 0; i < 5; i++)
        {
            await Time.Armed(PingInterval).WaitAsync(TimeoutToken);
            Time.Advance(PingInterval);
            var ping = await Peer.NextAsync(TimeoutToken);
            Assert.Equal((SpdyControl.Ping, 2 * i + 1), (ping.Type, ping.StreamId));
            await Time.Armed(PingInterval / 4).WaitAsync(TimeoutToken);
            await Peer.SendAsync(SpdyPeer.Ping(ping.StreamId));
            await EchoAsync();
            Time.Advance(PingInterval / 4);
        }

        Assert.True(Session.IsUsable);
    }

    [Fact]
    public async Task Ping_ThatIsNotAnswered_EndsTheSessionAfterEightSeconds()
    {
        await Time.Armed(PingInterval).WaitAsync(TimeoutToken);
        Time.Advance(PingInterval);
        for (var i = 0; i < 8; i++)
        {
            Assert.True(Session.IsUsable);
            await Time.Armed(PingInterval / 4).WaitAsync(TimeoutToken);
            Time.Advance(PingInterval / 4);
        }

        Assert.Contains("did not answer", (await Session.Ended.WaitAsync(TimeoutToken)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ping_NotAnsweredWhileAReaderStalls_ProvesNothing()
    {
        var (stream, _, data) = await OpenAsync();
        await Peer.SendAsync(SpdyPeer.Data(data, "nobody reads this"));
        await Time.Armed(TimeSpan.FromSeconds(5)).WaitAsync(TimeoutToken);
        for (var i = 0; i < 30; i++)
        {
            await Time.Armed(due => due <= PingInterval).WaitAsync(TimeoutToken);
            Time.Advance(PingInterval / 4);
        }

        Assert.True(Session.IsUsable);
        Assert.Equal("nobody reads this", Encoding.UTF8.GetString((await stream.ReadAsync(TimeoutToken)).Span));
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task Ping_NotAnsweredWhileAWriteIsBlocked_ProvesNothing()
    {
        var (stream, _, _) = await OpenAsync();
        await Time.Armed(PingInterval).WaitAsync(TimeoutToken);
        Time.Advance(PingInterval);
        await Peer.NextAsync(TimeoutToken);
        await Time.Armed(PingInterval / 4).WaitAsync(TimeoutToken);
        var blocked = Peer.Transport.Block();
        var writing = stream.WriteAsync(new byte[100]).AsTask();
        await blocked.WaitAsync(TimeoutToken);

        for (var i = 0; i < 30; i++)
        {
            await Time.Armed(PingInterval / 4).WaitAsync(TimeoutToken);
            Time.Advance(PingInterval / 4);
        }

        Assert.True(Session.IsUsable);
        Assert.True(Session.Load.Stalled);
        Peer.Transport.Unblock();
        await writing.WaitAsync(TimeoutToken);
    }

    // A ping and its echo: everything that was sent before has been handled.
    private async Task EchoAsync()
    {
        await Peer.SendAsync(SpdyPeer.Ping(1000));
        while ((await Peer.NextAsync(TimeoutToken)).StreamId != 1000)
        {
            // Other frames are not what this waits for.
        }
    }
}
