using System.Text;
using Kftray.Sidecar.Tests.Fakes;
using Xunit;

namespace Kftray.Sidecar.Tests.PortForward;

/// <summary>A session that ends while a client does not read what it has been lent.</summary>
public sealed class LostSessionTests : SpdyTestBase
{
    private static readonly TimeSpan StallLimit = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Loss_WhileTheClientDoesNotRead_CutsTheClientAndFreesTheSessionAtOnce()
    {
        var (stream, _, data) = await OpenAsync();
        await Peer.SendAsync(SpdyPeer.Data(data, "lent"));
        var lent = await stream.ReadAsync(TimeoutToken);
        await Time.Armed(StallLimit).WaitAsync(TimeoutToken);

        await Session.DisposeAsync().AsTask().WaitAsync(TimeoutToken);

        Assert.True(stream.Lost.IsCancellationRequested);
        Assert.False(stream.Failure?.ApplicationGotNothing);
        // Still the reader's: a write to the client's socket may be using it.
        Assert.Equal("lent", Encoding.UTF8.GetString(lent.Span));
        Assert.Equal(0, Time.ArmedCount);
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task Loss_AfterThePodHasSaidEverything_LeavesTheRestToTheClient()
    {
        var (stream, _, data) = await OpenAsync();
        await Peer.SendAsync(SpdyPeer.Data(data, "everything", fin: true));
        var lent = await stream.ReadAsync(TimeoutToken);
        Assert.Equal("everything", Encoding.UTF8.GetString(lent.Span));
        var rest = ReadToEndAsync(stream);

        // Armed when the end of the data was seen: the error stream has not spoken yet.
        await Time.Armed(TimeSpan.FromSeconds(2)).WaitAsync(TimeoutToken);
        await Session.DisposeAsync();

        Assert.Equal("", await rest);
        Assert.False(stream.Lost.IsCancellationRequested);
        await stream.DisposeAsync();
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("failed to find sandbox \"abc\" in store: not found", true)]
    public async Task Loss_AfterAnEndWithoutAWord_IsARefusalAndNotTheApplicationsEnd(string sentence, bool gotNothing)
    {
        var (stream, error, data) = await OpenAsync("request");
        if (sentence.Length > 0)
            await Peer.SendAsync(SpdyPeer.Data(error, sentence));
        await Peer.SendAsync(SpdyPeer.Fin(data));
        await Time.Armed(TimeSpan.FromSeconds(2)).WaitAsync(TimeoutToken);

        await Session.DisposeAsync();

        Assert.Equal(gotNothing, (await FailsAsync(stream)).ApplicationGotNothing);
    }

    [Fact]
    public async Task Loss_BeforeAnythingWasSent_LeavesTheClientForTheNextPod()
    {
        var (stream, _, _) = await OpenAsync();

        Peer.Close();

        Assert.True((await FailsAsync(stream)).ApplicationGotNothing);
        Assert.False(stream.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task Reset_OfAPodWithUnreadBytes_DoesNotCutTheClient()
    {
        var (stream, error, data) = await OpenAsync();
        await Peer.SendAsync(SpdyPeer.Data(data, "last words"), SpdyPeer.Data(error, "connection reset by peer"), SpdyPeer.Rst(error), SpdyPeer.Rst(data));

        Assert.Equal("last words", Encoding.UTF8.GetString((await stream.ReadAsync(TimeoutToken)).Span));
        await FailsAsync(stream);

        Assert.False(stream.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task Stall_OfAStreamThatSharesItsSession_CutsItsClient()
    {
        var (stalled, _, data) = await OpenAsync();
        var (other, _, _) = await OpenAsync();
        for (var i = 0; i < 16; i++)
            await Peer.SendAsync(SpdyPeer.Data(data, new byte[64 * 1024]));
        await Time.Armed(StallLimit).WaitAsync(TimeoutToken);

        Time.Advance(StallLimit);

        Assert.True(stalled.Lost.IsCancellationRequested);
        Assert.False(other.Lost.IsCancellationRequested);
        await stalled.DisposeAsync();
        await other.DisposeAsync();
    }
}
