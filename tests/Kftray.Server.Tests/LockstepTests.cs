using System.Net;

namespace Kftray.Relay.Tests;

/// <summary>Datagrams with a client of old: a frame, then its one answer or an empty frame.</summary>
public sealed class LockstepTests : RelayTest
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    private readonly DatagramPeer _target;

    public LockstepTests() => _target = BindUdp();

    [Fact]
    public async Task Questions_OneAfterTheOther_GetTheirAnswers()
    {
        var client = await ConnectOldAsync();
        for (var i = 0; i < 50; i++)
        {
            await client.SendFrameAsync([(byte)i]);
            var (payload, from) = await _target.ReceiveAsync();
            await _target.SendAsync([(byte)(payload[0] + 100)], from);
            Assert.Equal([(byte)(i + 100)], await client.ReadFrameAsync());
        }
    }

    [Fact]
    public async Task Question_WithoutAnAnswer_GetsAnEmptyFrameAfterFiveSeconds()
    {
        var relay = RunInProcess(ProxyType.Udp, _target.Address);
        var client = await ConnectAsync(relay.Compatible);
        await client.SendFrameAsync("silence"u8.ToArray());
        await _target.ReceiveTextAsync("silence");
        await relay.Time.Armed(AnswerTimeout);
        relay.Time.Advance(AnswerTimeout);

        Assert.Empty(await client.ReadFrameAsync());
    }

    [Fact]
    public async Task Answer_ThatComesTooLate_IsNotTakenForTheNextOnes()
    {
        var relay = RunInProcess(ProxyType.Udp, _target.Address);
        var client = await ConnectAsync(relay.Compatible);
        await client.SendFrameAsync("slow"u8.ToArray());
        var from = await _target.ReceiveTextAsync("slow");
        await relay.Time.Armed(AnswerTimeout);
        relay.Time.Advance(AnswerTimeout);
        Assert.Empty(await client.ReadFrameAsync());
        await _target.SendTextAsync("too late", from);

        await client.SendFrameAsync("next"u8.ToArray());
        await _target.SendTextAsync("in time", await _target.ReceiveTextAsync("next"));
        Assert.Equal("in time"u8.ToArray(), await client.ReadFrameAsync());
        Assert.Equal("DatagramDropped 1", relay.Totals);
    }

    [Fact]
    public async Task SecondQuestion_WhileTheFirstIsOpen_WaitsForItsTurn()
    {
        var client = await ConnectOldAsync();
        await client.SendAsync([.. RelayClient.Frame("one"u8.ToArray()), .. RelayClient.Frame("two"u8.ToArray())]);
        var from = await _target.ReceiveTextAsync("one");
        // Were the second question sent at once, it would be here before this answer is passed on.
        await _target.SendTextAsync("first", from);
        Assert.Equal("first"u8.ToArray(), await client.ReadFrameAsync());
        await _target.SendTextAsync("second", await _target.ReceiveTextAsync("two"));
        Assert.Equal("second"u8.ToArray(), await client.ReadFrameAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1472)]
    [InlineData(9000)]
    [InlineData(65_507)]
    public async Task Datagram_OfAnySize_ArrivesWholeBothWays(int size) => await ArrivesWholeBothWaysAsync(await ConnectOldAsync(), _target, size);

    [Fact]
    public async Task Frame_AboveTheLargestDatagram_GetsAnEmptyFrameAndTheEnd()
    {
        var relay = await RunAsync(ProxyType.Udp, _target.Address);
        var client = await ConnectAsync(relay.Compatible);
        await client.SendLengthAsync(65_508);
        // Bytes that the relay does not read must not make a reset overtake its answer.
        await client.SendAsync(new byte[1000]);

        Assert.Empty(await client.ReadFrameAsync());
        await client.ReadEndAsync();
        client.Socket.Dispose();
        Assert.EndsWith("counted: BadFrame 1", (await relay.TerminateAsync(TimeoutToken)).LastLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusal_OfTheTarget_IsAnEmptyFrameAtOnce()
    {
        var relay = await RunAsync(ProxyType.Udp, Nobody(System.Net.Sockets.SocketType.Dgram));
        var client = await ConnectAsync(relay.Compatible);
        await client.SendFrameAsync("anybody?"u8.ToArray());

        Assert.Empty(await client.ReadFrameAsync());
        await relay.WaitForLineAsync("refused", TimeoutToken);
    }

    [Fact]
    public async Task Client_InTheMiddleOfAFrame_IsClosedAndCounted()
    {
        var relay = RunInProcess(ProxyType.Udp, _target.Address);
        var client = await ConnectAsync(relay.Compatible);
        // The whole frame proves that the half one is there: they came in one piece.
        await client.SendAsync([.. RelayClient.Frame("whole"u8.ToArray()), 0, 0, 0, 9, 1]);
        await _target.SendTextAsync("answer", await _target.ReceiveTextAsync("whole"));
        Assert.Equal("answer"u8.ToArray(), await client.ReadFrameAsync());
        await relay.AdvanceUntilAsync(client.ReadAnyEndAsync(), TimeSpan.FromSeconds(120));

        Assert.Equal("BadFrame 1", relay.Totals);
    }

    [Fact]
    public async Task Client_ThatIsSilentBetweenItsFrames_IsServedAnHourLater()
    {
        var relay = RunInProcess(ProxyType.Udp, _target.Address, options => options with { IdleExit = TimeSpan.FromMinutes(10) });
        var client = await ConnectAsync(relay.Compatible);
        await client.SendFrameAsync("first"u8.ToArray());
        await _target.SendTextAsync("answer", await _target.ReceiveTextAsync("first"));
        Assert.Equal("answer"u8.ToArray(), await client.ReadFrameAsync());
        relay.Time.Advance(TimeSpan.FromHours(1));
        await client.SendFrameAsync("second"u8.ToArray());
        await _target.SendTextAsync("answer", await _target.ReceiveTextAsync("second"));

        Assert.Equal("answer"u8.ToArray(), await client.ReadFrameAsync());
        client.Socket.Dispose();
    }

    private async Task<RelayClient> ConnectOldAsync() => await ConnectAsync((await RunAsync(ProxyType.Udp, _target.Address)).Compatible);
}
