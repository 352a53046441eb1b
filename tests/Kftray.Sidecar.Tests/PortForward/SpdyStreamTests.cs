using System.Text;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.PortForward;
using Kftray.Sidecar.PortForward.Spdy;
using Kftray.Sidecar.Tests.Fakes;
using Xunit;

namespace Kftray.Sidecar.Tests.PortForward;

public sealed class SpdyStreamTests : SpdyTestBase
{
    [Fact]
    public async Task Stream_WhosePodEndsCleanly_IsReadToItsEndAndAnsweredWithFin()
    {
        var (stream, error, data) = await OpenAsync();
        await Peer.SendAsync(SpdyPeer.Data(data, "reply"), SpdyPeer.Fin(data), SpdyPeer.Fin(error));

        Assert.Equal("reply", await ReadToEndAsync(stream));
        await stream.CompleteWritesAsync();
        await stream.DisposeAsync();

        var end = await Peer.NextAsync(TimeoutToken);
        Assert.Equal((null, data, true), (end.Type, end.StreamId, end.IsFin));
        Assert.False(Peer.HasNext);
        Assert.False(Session.HasStreams);
    }

    [Fact]
    public async Task Stream_WhoseErrorStreamNeverEnds_EndsCleanlyAfterAWhile()
    {
        var (stream, _, data) = await OpenAsync();
        await Peer.SendAsync(SpdyPeer.Fin(data));
        await Time.Armed(TimeSpan.FromSeconds(2)).WaitAsync(TimeoutToken);
        var reading = ReadToEndAsync(stream);
        Assert.False(reading.IsCompleted);

        Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal("", await reading);
    }

    [Fact]
    public async Task Stream_WithASentenceWhoseStreamNeverEnds_FailsByTheSentence()
    {
        var (stream, error, data) = await OpenAsync();
        await Peer.SendAsync(SpdyPeer.Data(error, "connect: connection refused"), SpdyPeer.Rst(data));
        await Time.Armed(TimeSpan.FromSeconds(2)).WaitAsync(TimeoutToken);

        Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(FaultKind.ConnectionRefused, (await FailsAsync(stream)).Fault.Kind);
    }

    [Fact]
    public async Task Stream_ThatIsReset_FailsAndLeavesTheSessionAlive()
    {
        var (stream, _, data) = await OpenAsync();
        await Peer.SendAsync(SpdyPeer.Rst(data));

        Assert.False((await FailsAsync(stream)).ApplicationGotNothing);
        var (other, error2, data2) = await OpenAfterResetAsync();
        await Peer.SendAsync(SpdyPeer.Data(data2, "alive", fin: true), SpdyPeer.Fin(error2));
        Assert.Equal("alive", await ReadToEndAsync(other));
    }

    [Fact]
    public async Task Stream_WithAnErrorText_FailsAndLeavesTheSessionAlive()
    {
        var (stream, error, _) = await OpenAsync("GET /");
        await Peer.SendAsync(SpdyPeer.Data(error, "failed to connect to localhost:8080 inside namespace \"x\": "),
            SpdyPeer.Data(error, "connect: connection refused"), SpdyPeer.Rst(error));

        var failure = await FailsAsync(stream);
        Assert.Equal(FaultKind.ConnectionRefused, failure.Fault.Kind);
        Assert.True(failure.ApplicationGotNothing);
        await Assert.ThrowsAsync<EndOfConnectionException>(async () => await stream.WriteAsync(new byte[1]));
        Assert.True(Session.IsUsable);
    }

    [Theory]
    [InlineData("failed to connect to localhost:80 inside namespace \"a\", IPv4: dial tcp4 127.0.0.1:80: connect: connection refused", FaultKind.ConnectionRefused, true)]
    [InlineData("failed to find sandbox \"abc\" in store: not found", FaultKind.PodGone, true)]
    [InlineData("network namespace for sandbox \"abc\" is closed", FaultKind.PodGone, true)]
    [InlineData("error forwarding port 80 to pod abc: pod does not exist", FaultKind.PodGone, true)]
    [InlineData("failed to execute portforward in network namespace \"/var/run/netns/cni-1\": failed to connect to localhost:80: connect: connection refused", FaultKind.ConnectionRefused, true)]
    // containerd puts every failure behind this beginning: what the application did with the bytes is not known.
    [InlineData("failed to execute portforward in network namespace \"/var/run/netns/cni-1\": read: connection reset by peer", FaultKind.ConnectionLost, false)]
    [InlineData("failed to execute portforward in network namespace \"/var/run/netns/cni-1\": write: broken pipe", FaultKind.ConnectionLost, false)]
    [InlineData("failed to execute portforward in network namespace \"/x\": use of closed network connection", FaultKind.Unknown, false)]
    [InlineData("something else entirely", FaultKind.Unknown, false)]
    public void Sentence_OfTheErrorStream_MeansThis(string text, FaultKind kind, bool gotNothing)
    {
        var failure = PodStreamFaults.FromErrorStream(text, afterDataFin: false);

        Assert.Equal((kind, gotNothing), (failure!.Fault.Kind, failure.ApplicationGotNothing));
    }

    [Fact]
    public void BrokenPipe_AfterThePodsEnd_IsAnOrdinaryEnd() => Assert.Null(PodStreamFaults.FromErrorStream("write: broken pipe", afterDataFin: true));

    [Fact]
    public async Task ClientsEnd_WhileThePodIsSending_IsHeldBackUntilASecondOfSilence()
    {
        var (stream, _, data) = await OpenAsync();
        await stream.CompleteWritesAsync();
        for (var i = 0; i < 4; i++)
        {
            await Time.Armed(due => due > TimeSpan.Zero && due <= Grace).WaitAsync(TimeoutToken);
            Time.Advance(TimeSpan.FromSeconds(0.6));
            await Peer.SendAsync(SpdyPeer.Data(data, "x"));
            Assert.Equal("x", Encoding.UTF8.GetString((await stream.ReadAsync(TimeoutToken)).Span));
        }

        Assert.False(Peer.HasNext);
        var next = stream.ReadAsync(TimeoutToken).AsTask();
        for (var i = 0; i < 2; i++)
        {
            await Time.Armed(due => due > TimeSpan.Zero && due <= Grace).WaitAsync(TimeoutToken);
            Time.Advance(Grace);
        }

        var fin = await Peer.NextButPingsAsync(TimeoutToken);
        Assert.Equal((null, data, true), (fin.Type, fin.StreamId, fin.IsFin));
        Assert.False(next.IsCompleted);
    }

    [Fact]
    public async Task ClientsEnd_AfterThePodsEnd_IsSentAtOnce()
    {
        var (stream, error, data) = await OpenAsync();
        await Peer.SendAsync(SpdyPeer.Fin(data), SpdyPeer.Fin(error));
        await ReadToEndAsync(stream);

        await stream.CompleteWritesAsync();

        Assert.True((await Peer.NextAsync(TimeoutToken)).IsFin);
    }

    [Fact]
    public async Task ClientsEnd_LeavesTheSessionFreeForOthers()
    {
        var (stream, _, _) = await OpenAsync();
        Assert.Equal(new SessionLoad(1, null), Session.Load);

        await stream.CompleteWritesAsync();

        Assert.Equal(new SessionLoad(0, null), Session.Load);
        Assert.True(Session.HasStreams);
    }

    [Fact]
    public async Task Abort_SendsAResetAndNothingMore()
    {
        var (stream, _, data) = await OpenAsync();

        stream.Abort();
        stream.Abort();
        await stream.DisposeAsync();

        var reset = await Peer.NextAsync(TimeoutToken);
        Assert.Equal((SpdyControl.RstStream, data, 5), (reset.Type, reset.StreamId, reset.Word));
        await Assert.ThrowsAsync<EndOfConnectionException>(async () => await stream.ReadAsync(TimeoutToken));
        await Assert.ThrowsAsync<EndOfConnectionException>(async () => await stream.WriteAsync(new byte[1]));
        Assert.False(Peer.HasNext);
    }

    [Fact]
    public async Task Abort_EndsAWriteThatWaits()
    {
        var (stream, _, _) = await OpenAsync();
        var blocked = Peer.Transport.Block();
        var writing = stream.WriteAsync(new byte[100]).AsTask();
        await blocked.WaitAsync(TimeoutToken);

        stream.Abort();

        await Assert.ThrowsAsync<EndOfConnectionException>(() => writing.WaitAsync(TimeoutToken));
        Peer.Transport.Unblock();
        Assert.Equal(100, (await Peer.NextAsync(TimeoutToken)).Payload.Length);
        Assert.Equal(SpdyControl.RstStream, (await Peer.NextAsync(TimeoutToken)).Type);
    }

    [Fact]
    public async Task Data_ForAStreamThatWasClosed_IsIgnored()
    {
        var (stream, _, data) = await OpenAsync();
        stream.Abort();
        await Peer.SendAsync(SpdyPeer.Data(data, "late"), SpdyPeer.Fin(data), SpdyPeer.Ping(8));

        Assert.Equal(SpdyControl.RstStream, (await Peer.NextAsync(TimeoutToken)).Type);
        Assert.Equal((SpdyControl.Ping, 8), await Peer.NextAsync(TimeoutToken) is var echo ? (echo.Type, echo.StreamId) : default);
    }

    [Fact]
    public async Task Stream_EndedAfterItsSession_SaysSoWithoutAnException()
    {
        var (stream, error, data) = await OpenAsync();
        await Peer.SendAsync(SpdyPeer.Fin(data), SpdyPeer.Fin(error));
        Assert.Equal("", await ReadToEndAsync(stream));

        await Session.DisposeAsync();

        await stream.CompleteWritesAsync();
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task Upload_OfALargeBlock_TravelsInFramesOfALimitedSize()
    {
        var (stream, _, data) = await OpenAsync();
        await stream.WriteAsync(new byte[150_000]);

        List<int> sizes = [];
        while (sizes.Sum() < 150_000)
            sizes.Add((await Peer.NextAsync(TimeoutToken)).Payload.Length);

        Assert.Equal([SpdySession.MaxDataFrame, SpdySession.MaxDataFrame, 150_000 - 2 * SpdySession.MaxDataFrame], sizes);
    }

    [Fact]
    public async Task Reader_ThatStallsAlone_StopsTheServerAndKeepsNothingInMemory()
    {
        var (stream, _, data) = await OpenAsync();
        var sent = 0;
        var sending = Task.Run(
            async () =>
            {
                for (; sent < 400; sent++)
                    await Peer.SendAsync(SpdyPeer.Data(data, new byte[64 * 1024]));
            },
            TimeoutToken);
        await Time.Armed(TimeSpan.FromSeconds(5)).WaitAsync(TimeoutToken);

        Assert.True(Session.Load.IsStalled);
        Assert.False(sending.IsCompleted);
        var total = 0L;
        while (total < 400L * 64 * 1024)
            total += (await stream.ReadAsync(TimeoutToken)).Length;
        await sending.WaitAsync(TimeoutToken);
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task Reader_ThatStallsOnASharedSession_HoldsUpOthersOnlyFromAMebibyteOnAndForFiveSeconds()
    {
        var (slow, _, slowData) = await OpenAsync();
        var (quick, quickError, quickData) = await OpenAsync();
        for (var i = 0; i < 15; i++)
            await Peer.SendAsync(SpdyPeer.Data(slowData, new byte[64 * 1024]));
        await Peer.SendAsync(SpdyPeer.Data(quickData, "quick"));
        Assert.Equal("quick", Encoding.UTF8.GetString((await quick.ReadAsync(TimeoutToken)).Span));
        Assert.False(Session.Load.IsStalled);

        var sending = Peer.SendAsync(SpdyPeer.Data(slowData, new byte[64 * 1024]), SpdyPeer.Data(slowData, new byte[64 * 1024]),
            SpdyPeer.Data(quickData, "still here", fin: true), SpdyPeer.Fin(quickError));
        await Time.Armed(TimeSpan.FromSeconds(5)).WaitAsync(TimeoutToken);
        Assert.True(Session.Load.IsStalled);
        Time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal("still here", await ReadToEndAsync(quick));
        await sending;
        await Assert.ThrowsAsync<EndOfConnectionException>(async () => await ReadToEndAsync(slow));
    }

    private async Task<(SpdyStream Stream, int Error, int Data)> OpenAfterResetAsync()
    {
        Assert.Equal(SpdyControl.RstStream, (await Peer.NextAsync(TimeoutToken)).Type);
        return await OpenAsync();
    }
}
