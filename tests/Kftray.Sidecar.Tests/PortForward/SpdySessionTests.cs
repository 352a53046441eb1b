using System.Text;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.PortForward;
using Kftray.Sidecar.PortForward.Spdy;
using Kftray.Sidecar.Tests.Fakes;
using Xunit;

namespace Kftray.Sidecar.Tests.PortForward;

public sealed class SpdySessionTests : SpdyTestBase
{
    [Fact]
    public async Task Open_WithFirstBytes_SendsEverythingInOneWriteInTheOrderOfIds()
    {
        await Session.OpenAsync(8080, Encoding.UTF8.GetBytes("GET /"), Grace, TimeoutToken);

        var error = await Peer.NextAsync(TimeoutToken);
        var data = await Peer.NextAsync(TimeoutToken);
        var first = await Peer.NextAsync(TimeoutToken);
        Assert.Single(Peer.Transport.Writes);
        Assert.Equal((SpdyControl.SynStream, 1, true), (error.Type, error.StreamId, error.IsFin));
        Assert.Equal((SpdyControl.SynStream, 3, false), (data.Type, data.StreamId, data.IsFin));
        Assert.Equal((null, 3, "GET /"), (first.Type, first.StreamId, first.Text));
        Assert.Equal(new Dictionary<string, string> { ["streamtype"] = "error", ["port"] = "8080", ["requestid"] = "1" }, error.Headers);
        Assert.Equal(new Dictionary<string, string> { ["streamtype"] = "data", ["port"] = "8080", ["requestid"] = "1" }, data.Headers);
    }

    [Fact]
    public async Task Open_ManyAtOnce_KeepsIdsRisingAndRequestIdsUnique()
    {
        var opening = Enumerable.Range(0, 50).Select(i => Task.Run(async () => await Session.OpenAsync(8080, new byte[] { 1 }, Grace, TimeoutToken), TimeoutToken));
        var streams = await Task.WhenAll(opening);

        List<PeerFrame> syns = [];
        while (syns.Count < 100)
        {
            var frame = await Peer.NextAsync(TimeoutToken);
            if (frame.Type == SpdyControl.SynStream)
                syns.Add(frame);
        }

        Assert.Equal(Enumerable.Range(0, 100).Select(i => 2 * i + 1), syns.Select(syn => syn.StreamId));
        Assert.All(syns.Chunk(2), pair => Assert.Equal(pair[0].Headers["requestid"], pair[1].Headers["requestid"]));
        Assert.Equal(50, syns.Select(syn => syn.Headers["requestid"]).Distinct().Count());
        Assert.Equal(new SessionLoad(50, null), Session.Load);
        foreach (var stream in streams)
            await stream.DisposeAsync();
        Assert.False(Session.HasStreams);
    }

    [Fact]
    public async Task Frames_SplitAtEveryByte_ReadAsTheSame()
    {
        var (stream, error, data) = await OpenAsync();
        var frames = ((byte[][])[SpdyPeer.SynReply(error), SpdyPeer.SynReply(data), SpdyPeer.Data(data, "hello "), SpdyPeer.Data(data, ""),
            SpdyPeer.Ping(2), SpdyPeer.Data(data, "world", fin: true), SpdyPeer.Fin(error)]).SelectMany(frame => frame).ToArray();

        var reading = ReadToEndAsync(stream);
        foreach (var single in frames)
            await Peer.SendAsync([single]);

        Assert.Equal("hello world", await reading);
        Assert.Null(stream.Failure);
    }

    [Fact]
    public async Task Frames_SplitInTwoAtEveryPosition_ReadAsTheSame()
    {
        // 47 bytes: a SYN_REPLY, two data frames and a FIN.
        for (var at = 1; at < 47; at++)
        {
            var (stream, error, data) = await OpenAsync();
            var frames = ((byte[][])[SpdyPeer.SynReply(data), SpdyPeer.Data(data, "hello "), SpdyPeer.Data(data, "world", fin: true),
                SpdyPeer.Fin(error)]).SelectMany(frame => frame).ToArray();
            var reading = ReadToEndAsync(stream);
            await Peer.SendAsync(frames[..at]);
            await Peer.SendAsync(frames[at..]);
            Assert.Equal("hello world", await reading);
            await stream.DisposeAsync();
            Assert.True((await Peer.NextAsync(TimeoutToken)).IsFin);
        }
    }

    [Fact]
    public async Task DataFrame_OfTheLargestLength_ArrivesWhole()
    {
        var (stream, error, data) = await OpenAsync();
        var bytes = new byte[SpdyFrameHeader.MaxLength];
        new Random(3).NextBytes(bytes);
        var sending = Peer.SendAsync(SpdyPeer.Data(data, bytes, fin: true), SpdyPeer.Fin(error));

        var received = new MemoryStream();
        while (await stream.ReadAsync(TimeoutToken) is { IsEmpty: false } part)
            received.Write(part.Span);

        await sending;
        Assert.True(bytes.AsSpan().SequenceEqual(received.GetBuffer().AsSpan(0, (int)received.Length)));
    }

    [Theory]
    [InlineData(0x8003_0002u, 0xFF_FFFFu, "control frame")]
    [InlineData(0x8003_0003u, 4u, "RST_STREAM")]
    [InlineData(0x8002_0006u, 4u, "version")]
    public async Task ControlFrame_ThatMakesNoSense_EndsTheSessionAndSaysWhy(uint first, uint length, string says)
    {
        var frame = new byte[12];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(frame, first);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(4), length);

        await Peer.SendAsync(frame);

        var fault = await Session.Ended.WaitAsync(TimeoutToken);
        Assert.Equal(FaultKind.ConnectionLost, fault.Kind);
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
        Assert.False(Session.IsUsable);
    }

    [Fact]
    public async Task RandomBytes_FromTheServer_EndTheSessionAndItsStreams()
    {
        var random = new Random(4);
        for (var round = 0; round < 50; round++)
        {
            await using var peer = new SpdyPeer();
            await using var session = new SpdySession(peer.Transport, Witness, Time, Log);
            var stream = await session.OpenAsync(80, ReadOnlyMemory<byte>.Empty, Grace, TimeoutToken);
            var reading = Task.Run(async () =>
            {
                while (!(await stream.ReadAsync(TimeoutToken)).IsEmpty)
                {
                    // Whatever it means.
                }
            }, TimeoutToken);
            var noise = new byte[random.Next(1, 2000)];
            random.NextBytes(noise);
            noise[0] = (byte)(round % 2 == 0 ? 0x80 : noise[0]);
            await peer.SendAsync(noise);
            peer.Close();

            await session.Ended.WaitAsync(TimeoutToken);
            await Task.WhenAny(reading).WaitAsync(TimeoutToken);
            Assert.True(reading.IsFaulted || reading.IsCompletedSuccessfully);
            await stream.DisposeAsync();
        }
    }

    [Fact]
    public async Task GoAway_LetsStreamsFinishAndOpensNoMore()
    {
        var (stream, error, data) = await OpenAsync();
        await Peer.SendAsync(SpdyPeer.GoAway(), SpdyPeer.Data(data, "rest", fin: true), SpdyPeer.Fin(error));

        Assert.Equal("rest", await ReadToEndAsync(stream));
        Assert.False(Session.IsUsable);
        Assert.False(Session.Ended.IsCompleted);
    }

    [Fact]
    public async Task Session_LostBeforeAnyByteOfTheClient_ProvesThatTheApplicationGotNothing()
    {
        var (silent, _, _) = await OpenAsync();
        var (spoke, _, _) = await OpenAsync("first bytes");

        Peer.Close();

        Assert.True((await FailsAsync(silent)).ApplicationGotNothing);
        Assert.False((await FailsAsync(spoke)).ApplicationGotNothing);
    }

    [Fact]
    public async Task Open_OnADeadSession_ThrowsSoThatAnotherCanBeTaken()
    {
        Peer.Close();
        await Session.Ended.WaitAsync(TimeoutToken);

        await Assert.ThrowsAsync<EndOfConnectionException>(
            async () => await Session.OpenAsync(80, new byte[] { 1 }, Grace, TimeoutToken));
    }

    [Fact]
    public async Task Open_WhoseWriteFailsHalfWay_DoesNotClaimThatTheApplicationGotNothing()
    {
        Peer.Transport.WriteFailure = new IOException("cut");

        var stream = await Session.OpenAsync(80, Encoding.UTF8.GetBytes("POST /order"), Grace, TimeoutToken);

        Assert.False((await FailsAsync(stream)).ApplicationGotNothing);
        await Session.Ended.WaitAsync(TimeoutToken);
    }

    [Fact]
    public async Task Open_WhileTheSessionTakesNothing_EndsWithItsToken()
    {
        var blocked = Peer.Transport.Block();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TimeoutToken);
        var opening = Session.OpenAsync(80, ReadOnlyMemory<byte>.Empty, Grace, patience.Token).AsTask();
        await blocked.WaitAsync(TimeoutToken);

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);
        Assert.False(Session.HasStreams);
    }

    [Fact]
    public async Task Dispose_Twice_IsTheSameAsOnce()
    {
        await Session.DisposeAsync();
        await Session.DisposeAsync();

        Assert.True(Peer.Transport.IsDisposed);
        Assert.Equal(0, Time.ArmedCount);
    }

    [Fact]
    public async Task Dispose_WhileAWriteIsBlocked_Ends()
    {
        var (stream, _, _) = await OpenAsync();
        var blocked = Peer.Transport.Block();
        var writing = stream.WriteAsync(new byte[100]).AsTask();
        await blocked.WaitAsync(TimeoutToken);

        await Session.DisposeAsync().AsTask().WaitAsync(TimeoutToken);

        await Assert.ThrowsAsync<EndOfConnectionException>(() => writing.WaitAsync(TimeoutToken));
    }

    // Everything takes its locks in one order: opening, ending from both sides and looking at the load must not wait for each other.
    [Fact]
    public async Task Session_WithStreamsThatComeAndGo_NeverStopsItself()
    {
        var looking = Task.Run(
            () =>
            {
                for (var i = 0; i < 20_000; i++)
                    _ = Session.Load;
            },
            TimeoutToken);
        var streams = Enumerable.Range(0, 2).Select(_ => Task.Run(
            async () =>
            {
                for (var i = 0; i < 200; i++)
                {
                    var stream = await Session.OpenAsync(80, new byte[] { 1 }, Grace, TimeoutToken);
                    await stream.CompleteWritesAsync();
                    await stream.DisposeAsync();
                }
            },
            TimeoutToken));

        await Task.WhenAll([looking, .. streams]).WaitAsync(TimeoutToken);

        Assert.False(Session.HasStreams);
    }
}
