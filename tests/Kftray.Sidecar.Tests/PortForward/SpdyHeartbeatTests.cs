using System.Text;
using Kftray.Sidecar.PortForward.Spdy;
using Kftray.Sidecar.Tests.Fakes;
using Xunit;

namespace Kftray.Sidecar.Tests.PortForward;

public sealed class SpdyHeartbeatTests : SpdyTestBase
{
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

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
            await Time.Armed(CheckInterval).WaitAsync(TimeoutToken);
            await Peer.SendAsync(SpdyPeer.Ping(ping.StreamId));
            await EchoAsync();
            Time.Advance(CheckInterval);
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
            await Time.Armed(CheckInterval).WaitAsync(TimeoutToken);
            Time.Advance(CheckInterval);
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
            Time.Advance(CheckInterval);
        }

        Assert.True(Session.IsUsable);
        Assert.Equal("nobody reads this", Encoding.UTF8.GetString((await stream.ReadAsync(TimeoutToken)).Span));
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task Ping_NotAnsweredByAPodThatDoesNotRead_ProvesNothingWhileAnotherSessionHears()
    {
        var (stream, _, _) = await OpenAsync("frames that the server cannot pass on");
        Witness.Hears = true;

        await SilenceAsync(seconds: 60);

        Assert.True(Session.IsUsable);
        Assert.True(Witness.Asked > 0);
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task Ping_NotAnsweredAndNoOtherSessionHears_EndsTheSessionWithinFifteenSeconds()
    {
        var (stream, _, _) = await OpenAsync("frames that the server cannot pass on");

        await SilenceAsync(seconds: 15);

        await Session.Ended.WaitAsync(TimeoutToken);
        Assert.True(Witness.Asked > 0);
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task Ping_NotAnsweredWhileAWriteIsBlocked_IsJudgedByAnotherSession()
    {
        var (stream, _, _) = await OpenAsync();
        var blocked = Peer.Transport.Block();
        var writing = stream.WriteAsync(new byte[100]).AsTask();
        await blocked.WaitAsync(TimeoutToken);
        Witness.Hears = true;
        await SilenceAsync(seconds: 60);
        Assert.True(Session.IsUsable);
        Assert.True(Session.Load.IsStalled);

        Witness.Hears = false;
        await SilenceAsync(seconds: 15);

        await Session.Ended.WaitAsync(TimeoutToken);
        await Assert.ThrowsAnyAsync<IOException>(() => writing.WaitAsync(TimeoutToken));
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task Ping_NotAnsweredThoughEverythingSentWasRead_NeedsNoJudge()
    {
        var (stream, _, _) = await OpenAsync("read by the server");
        await Time.Armed(PingInterval).WaitAsync(TimeoutToken);
        Time.Advance(PingInterval);
        var ping = await Peer.NextAsync(TimeoutToken);
        await Time.Armed(CheckInterval).WaitAsync(TimeoutToken);
        await Peer.SendAsync(SpdyPeer.Ping(ping.StreamId));
        await EchoAsync();
        Time.Advance(CheckInterval);
        await Time.Armed(PingInterval).WaitAsync(TimeoutToken);
        Witness.Hears = true;

        await SilenceAsync(seconds: 13);

        await Session.Ended.WaitAsync(TimeoutToken);
        Assert.Equal(0, Witness.Asked);
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task Ping_OfASessionThatNobodyUses_GetsRareButSurvivesABalancerThatCutsAtSixtySeconds()
    {
        var pings = await AnswerPingsAsync(TimeSpan.FromMinutes(20));

        var gaps = pings.Zip(pings.Skip(1), (one, next) => (At: one, Gap: next - one)).ToArray();
        Assert.All(gaps, gap => Assert.True(gap.Gap < TimeSpan.FromSeconds(60)));
        Assert.All(gaps.Where(gap => gap.At > TimeSpan.FromMinutes(11)), gap => Assert.True(gap.Gap >= TimeSpan.FromSeconds(30)));
        Assert.True(Session.IsUsable);
    }

    [Fact]
    public async Task Ping_OfASessionThatIsUsedAgain_ComesAtOnce()
    {
        await AnswerPingsAsync(TimeSpan.FromSeconds(620));
        await Time.Armed(TimeSpan.FromSeconds(30)).WaitAsync(TimeoutToken);

        var (stream, _, _) = await OpenAsync();

        Assert.Equal(SpdyControl.Ping, (await Peer.NextAsync(TimeoutToken)).Type);
        await stream.DisposeAsync();
    }

    private async Task<List<TimeSpan>> AnswerPingsAsync(TimeSpan duration)
    {
        var pings = new List<TimeSpan>();
        var began = Time.GetTimestamp();
        while (Time.GetElapsedTime(began) < duration)
        {
            await Time.Armed(due => due <= TimeSpan.FromSeconds(30)).WaitAsync(TimeoutToken);
            if (Time.Armed(CheckInterval).IsCompleted)
            {
                pings.Add(Time.GetElapsedTime(began));
                await Peer.SendAsync(SpdyPeer.Ping((await Peer.NextAsync(TimeoutToken)).StreamId));
                await EchoAsync();
            }

            Time.Advance(TimeSpan.FromSeconds(1));
        }

        return pings;
    }

    // Nothing arrives. Whatever the heartbeat waits for, it waits for a second at most.
    private async Task SilenceAsync(int seconds)
    {
        for (var i = 0; i < seconds && Session.IsUsable; i++)
        {
            await Task.WhenAny(Time.Armed(due => due <= PingInterval), Session.Ended).WaitAsync(TimeoutToken);
            Time.Advance(TimeSpan.FromSeconds(1));
        }
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
