using Kftray.Relay;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Datagrams;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Relay;
using Kftray.Sidecar.Tests.Fakes;
using Xunit;
using static Kftray.Sidecar.Tests.Relay.RelayConnection;

namespace Kftray.Sidecar.Tests.Relay;

public sealed class RelayDialerTests : TestBase
{
    private readonly ScriptedRelay _relay = new();

    [Theory]
    [InlineData(ForwardProtocol.Tcp, (byte)RelayKind.Tcp)]
    [InlineData(ForwardProtocol.Udp, (byte)RelayKind.Udp)]
    public async Task Dial_ToARelayWithAControlPort_BeginsWithTheHello(ForwardProtocol protocol, byte kind)
    {
        var stream = await DialAsync(Dialer(protocol), [7, 8]);

        var connection = await _relay.NextAsync(TimeoutToken);
        Assert.Equal(RelayProtocol.DefaultControlPort, connection.Port);
        Assert.Equal([.. "KFTRAY"u8, RelayProtocol.Version, kind, 7, 8], connection.FirstBytes);
        connection.Send([.. Status(RelayStatus.Ok, "1"), .. Frame(9)]);
        Assert.Equal(Frame(9), (await stream.ReadAsync(TimeoutToken)).ToArray());
    }

    [Fact]
    public async Task Dials_ToOneRelay_AskOnlyOnceWhatItCan()
    {
        var dialer = Dialer(ForwardProtocol.Tcp);
        await dialer.WarmAsync(_relay.Target(dialer), TimeoutToken);
        await DialAsync(dialer, []);
        await DialAsync(dialer, []);

        Assert.Equal(1, _relay.Beats);
    }

    [Fact]
    public async Task Dial_ToAnOldRelay_PipesTcpThroughItsOnlyPort()
    {
        _relay.HasControlPort = false;
        var dialer = Dialer(ForwardProtocol.Tcp);

        await AfterStartAsync(dialer.DialAsync(_relay.Target(dialer), new byte[] { 1, 2 }, default, TimeoutToken));

        var connection = await _relay.NextAsync(TimeoutToken);
        Assert.Equal(40786, connection.Port);
        Assert.Equal([1, 2], connection.FirstBytes);
    }

    [Fact]
    public async Task Relay_ThatListensAMomentLater_IsNotTakenForAnOldOne()
    {
        _relay.HasControlPort = false;
        var dialer = Dialer(ForwardProtocol.Udp);
        var dialling = dialer.DialAsync(_relay.Target(dialer), default, default, TimeoutToken);
        await Time.Armed(RelayProbe.RetryInterval);
        _relay.HasControlPort = true;
        Time.Advance(RelayProbe.RetryInterval);
        await dialling;

        Assert.Equal(RelayProtocol.DefaultControlPort, (await _relay.NextAsync(TimeoutToken)).Port);
    }

    [Fact]
    public async Task Relay_OfAnotherVersion_IsUsedThroughItsCompatiblePort()
    {
        _relay.Answer = RelayStatus.WrongProtocol;
        await DialAsync(Dialer(ForwardProtocol.Tcp), [1]);

        Assert.Equal(40786, (await _relay.NextAsync(TimeoutToken)).Port);
    }

    [Fact]
    public async Task Datagrams_ThroughAnOldRelay_DoNotWaitForEachOther()
    {
        var flow = await OldFlowAsync(Frame(1));
        await flow.WriteAsync(Frame(2));
        var first = await _relay.NextAsync(TimeoutToken);
        var second = await _relay.NextAsync(TimeoutToken);
        Assert.Equal(Frame(1), first.FirstBytes);
        Assert.Equal(Frame(2), second.FirstBytes);

        second.Send(Frame(20));
        Assert.Equal(Frame(20), (await flow.ReadAsync(TimeoutToken)).ToArray());
        first.Send(Frame(10));
        Assert.Equal(Frame(10), (await flow.ReadAsync(TimeoutToken)).ToArray());
    }

    [Fact]
    public async Task Answer_OfLengthZero_MeansThatNoneCame()
    {
        var flow = await OldFlowAsync(Frame(1));
        var connection = await _relay.NextAsync(TimeoutToken);
        connection.Send(Frame());
        var reading = flow.ReadAsync(TimeoutToken);
        Assert.False(reading.IsCompleted);

        // The connection is free again.
        await UntilTakenAgainAsync(flow, connection, 2);
        connection.Send(Frame(20));
        Assert.Equal(Frame(20), (await reading).ToArray());
    }

    [Fact]
    public async Task Datagrams_BeyondTheConnectionsOfAnOldRelay_AreDroppedCountedAndExplained()
    {
        var dialer = Dialer(ForwardProtocol.Udp);
        var flow = await OldFlowAsync(Frame(1), dialer);
        for (var i = 1; i < LockstepLanes.Limit + 2; i++)
            await flow.WriteAsync(Frame(1));

        Assert.Equal(2, dialer.Dropped);
        Assert.Contains("one datagram at a time", dialer.Warning.Value);
    }

    [Fact]
    public async Task Connections_OfAnOldRelay_GoToTheFlowThatNeedsThem()
    {
        var dialer = Dialer(ForwardProtocol.Udp);
        List<IPodStream> idle = [];
        for (var i = 0; i < LockstepLanes.Limit; i++)
        {
            var flow = await OldFlowAsync(Frame(1), dialer);
            idle.Add(flow);
            (await _relay.NextAsync(TimeoutToken)).Send(Frame(2));
            await flow.ReadAsync(TimeoutToken);
        }

        var another = await OldFlowAsync(Frame(3), dialer);
        var connection = await _relay.NextAsync(TimeoutToken);
        connection.Send(Frame(4));

        Assert.Equal(Frame(4), (await another.ReadAsync(TimeoutToken)).ToArray());
        Assert.Equal(0, dialer.Dropped);
    }

    [Fact]
    public async Task Connection_ThatAnOldRelayHasClosed_IsReplaced()
    {
        var flow = await OldFlowAsync(Frame(1));
        var first = await _relay.NextAsync(TimeoutToken);
        first.Send(Frame(10));
        await flow.ReadAsync(TimeoutToken);
        first.End();
        await flow.WriteAsync(Frame(2));

        var second = await _relay.NextAsync(TimeoutToken);
        Assert.Equal(Frame(2), second.FirstBytes);
        second.Send(Frame(20));
        Assert.Equal(Frame(20), (await flow.ReadAsync(TimeoutToken)).ToArray());
    }

    [Fact]
    public async Task Connection_ThatIsIdle_GoesOnReading()
    {
        var flow = await OldFlowAsync(Frame(1));
        var connection = await _relay.NextAsync(TimeoutToken);
        connection.Send(Frame(10));
        await flow.ReadAsync(TimeoutToken);

        // What is lent is given back by the next read: without it the session would stand still.
        await connection.ReadsAsync(2, TimeoutToken);
    }

    [Fact]
    public async Task Flow_ThroughAnOldRelayThatIsGone_Fails()
    {
        var flow = await OldFlowAsync(Frame(1));
        (await _relay.NextAsync(TimeoutToken)).Fail(new(new Fault(FaultKind.PodGone, "gone"), ApplicationGotNothing: true));

        await Assert.ThrowsAsync<EndOfConnectionException>(async () => await flow.ReadAsync(TimeoutToken));
        Assert.Equal(FaultKind.PodGone, flow.Failure?.Fault.Kind);
    }

    private RelayDialer Dialer(ForwardProtocol protocol) => new(_relay, protocol, Time, Log);

    private async Task<IPodStream> DialAsync(RelayDialer dialer, byte[] firstBytes) =>
        Own(await dialer.DialAsync(_relay.Target(dialer), firstBytes, default, TimeoutToken));

    private async Task<IPodStream> OldFlowAsync(byte[] firstBytes, RelayDialer? dialer = null)
    {
        _relay.HasControlPort = false;
        dialer ??= Dialer(ForwardProtocol.Udp);
        return Own(await AfterStartAsync(dialer.DialAsync(_relay.Target(dialer), firstBytes, default, TimeoutToken)));
    }

    // An old relay is known by the silence of its control port.
    private async Task<IPodStream> AfterStartAsync(ValueTask<IPodStream> dialling)
    {
        var stream = dialling.AsTask();
        while (!stream.IsCompleted)
        {
            await Task.WhenAny(stream, Time.Armed(RelayProbe.RetryInterval));
            if (!stream.IsCompleted)
                Time.Advance(RelayProbe.RetryInterval);
        }

        return await stream;
    }

    private async Task UntilTakenAgainAsync(IPodStream flow, RelayConnection connection, byte datagram)
    {
        // Whether the answer was seen shows in which connection the next datagram takes: another one until then.
        var written = connection.NextWriteAsync(TimeoutToken).AsTask();
        while (!written.IsCompleted)
        {
            await flow.WriteAsync(Frame(datagram));
            await Task.Yield();
        }

        Assert.Equal(Frame(datagram), await written);
    }
}
