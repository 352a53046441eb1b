using FsCheck;
using FsCheck.Fluent;
using Kftray.Relay;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Datagrams;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Relay;
using Kftray.Sidecar.Tests.Fakes;
using Xunit;
using static Kftray.Sidecar.Tests.Relay.RelayConnection;

namespace Kftray.Sidecar.Tests.Relay;

public sealed class RelayStreamTests : TestBase
{
    private readonly RelayConnection _relay = new(0, []);
    private readonly List<(RelayStatus Status, string Text)> _reports = [];

    [Fact]
    public async Task Answer_OfARelayThatIsFine_IsNotTheClients()
    {
        var stream = Stream(isDatagrams: false);
        _relay.Send([.. Status(RelayStatus.Ok, "1.0"), 1, 2, 3]);

        Assert.Equal([1, 2, 3], (await stream.ReadAsync(TimeoutToken)).ToArray());
    }

    [Theory]
    [InlineData((byte)RelayStatus.NameNotFound, FaultKind.TargetNotFound, true)]
    [InlineData((byte)RelayStatus.Refused, FaultKind.ConnectionRefused, true)]
    [InlineData((byte)RelayStatus.Unreachable, FaultKind.TargetUnreachable, true)]
    [InlineData((byte)RelayStatus.TimedOut, FaultKind.TargetUnreachable, true)]
    [InlineData((byte)RelayStatus.LimitReached, FaultKind.Throttled, false)]
    [InlineData((byte)RelayStatus.WrongProtocol, FaultKind.RelayFailed, true)]
    [InlineData((byte)200, FaultKind.RelayFailed, true)]
    public async Task Refusal_OfTheRelay_SaysWhyAndWhetherItMayBeTriedAgain(byte status, FaultKind kind, bool again)
    {
        var stream = Stream(isDatagrams: false);
        _relay.SendStatus((RelayStatus)status, "db.internal: no such\nname");

        await Assert.ThrowsAsync<EndOfConnectionException>(async () => await stream.ReadAsync(TimeoutToken));

        Assert.Equal(kind, stream.Failure?.Fault.Kind);
        Assert.Equal("db.internal: no such name", stream.Failure?.Fault.Message);
        Assert.Equal(again, stream.Failure?.ApplicationGotNothing);
    }

    [Fact]
    public async Task Relay_ThatEndsWithoutAnAnswer_IsAFailure()
    {
        var stream = Stream(isDatagrams: true);
        _relay.End();

        await Assert.ThrowsAsync<EndOfConnectionException>(async () => await stream.ReadAsync(TimeoutToken));
        Assert.Equal(RelayFaults.NoAnswer, stream.Failure?.Fault);
    }

    [Fact]
    public async Task Trouble_OfAFlow_IsReportedAndTheFlowLivesOn()
    {
        var stream = Stream(isDatagrams: true);
        _relay.Send([.. Status(RelayStatus.Ok, ""), .. Frame(1), .. Control(RelayStatus.Refused, "port closed"), .. Frame(2, 2)]);

        Assert.Equal([[1], [2, 2]], await DatagramsAsync(stream, 2));
        Assert.Equal([(RelayStatus.Refused, "port closed")], _reports);
    }

    [Fact]
    public async Task Length_ThatIsNone_EndsTheFlow()
    {
        var stream = Stream(isDatagrams: true);
        _relay.Send([.. Status(RelayStatus.Ok, ""), 0, 1, 0, 0]);

        await Assert.ThrowsAsync<EndOfConnectionException>(async () => await stream.ReadAsync(TimeoutToken));
        Assert.Equal(FaultKind.RelayFailed, stream.Failure?.Fault.Kind);
    }

    [Fact]
    public void AnyDatagrams_CutAnywhere_ArriveAsTheyWereSent() => Prop.ForAll(
        ArbMap.Default.ArbFor<byte[][]>(), ArbMap.Default.ArbFor<PositiveInt[]>(), (datagrams, cuts) =>
        {
            using var reader = new DatagramReader();
            var relay = new RelayConnection(0, []);
            var reports = 0;
            var stream = new RelayStream(relay, isDatagrams: true, (_, _) => reports++);
            byte[] sent = [.. Status(RelayStatus.Ok, "1"), .. datagrams.SelectMany(d => (byte[])[.. Frame(d), .. Control(RelayStatus.Refused, "x")])];
            for (int at = 0, i = 0; at < sent.Length; i++)
            {
                var next = Math.Min(sent.Length, at + (cuts.Length == 0 ? 1 : cuts[i % cuts.Length].Get));
                relay.Send(sent[at..next]);
                at = next;
            }

            relay.End();
            List<byte[]> received = [];
            while (stream.ReadAsync(default).AsTask().GetAwaiter().GetResult() is { IsEmpty: false } bytes)
            {
                reader.Feed(bytes);
                while (reader.TryRead(out var payload))
                    received.Add(payload.ToArray());
            }

            Assert.Equal(datagrams, received);
            Assert.Equal(datagrams.Length, reports);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void AnyBytes_FromARelay_EndInDatagramsOrAFailure() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), garbage =>
    {
        using var reader = new DatagramReader();
        var relay = new RelayConnection(0, []);
        var stream = new RelayStream(relay, isDatagrams: true, (_, _) => { });
        relay.Send(garbage.Length == 0 ? [0] : garbage);
        relay.End();
        try
        {
            while (stream.ReadAsync(default).AsTask().GetAwaiter().GetResult() is { IsEmpty: false } bytes)
            {
                reader.Feed(bytes);
                while (reader.TryRead(out _))
                {
                    // Whatever it is, it is whole.
                }
            }
        }
        catch (EndOfConnectionException)
        {
            // The other allowed end.
        }
    }).QuickCheckThrowOnFailure();

    private RelayStream Stream(bool isDatagrams) => new(_relay, isDatagrams, (status, text) => _reports.Add((status, text)));

    private async Task<List<byte[]>> DatagramsAsync(RelayStream stream, int count)
    {
        using var reader = new DatagramReader();
        List<byte[]> received = [];
        while (received.Count < count)
        {
            reader.Feed(await stream.ReadAsync(TimeoutToken));
            while (reader.TryRead(out var payload))
                received.Add(payload.ToArray());
        }

        return received;
    }
}
