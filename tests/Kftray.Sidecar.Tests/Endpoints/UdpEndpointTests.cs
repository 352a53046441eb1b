using System.Net.Sockets;
using Kftray.Relay;
using Kftray.Sidecar.Datagrams;
using Kftray.Sidecar.Endpoints;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Tests.Fakes;
using Xunit;

namespace Kftray.Sidecar.Tests.Endpoints;

public sealed class UdpEndpointTests : TestBase
{
    private const int Anna = 40001;
    private const int Bert = 40002;

    private readonly FakeDatagramSocket _socket = new();
    private readonly UdpEndpoint _endpoint;

    public UdpEndpointTests() => _endpoint = Own(new UdpEndpoint(_socket, Time));

    [Fact]
    public async Task Flow_OfANewPeer_BeginsWithItsFirstDatagram()
    {
        _socket.Arrive(Anna, 1, 2, 3);

        var flow = await AcceptAsync();

        Assert.Equal([[1, 2, 3]], await ReadAsync(flow));
    }

    [Fact]
    public async Task Flows_OfTwoPeers_DoNotMix()
    {
        _socket.Arrive(Anna, 1);
        _socket.Arrive(Bert, 2);
        var anna = await AcceptAsync();
        var bert = await AcceptAsync();

        await bert.WriteAsync(Frames([20]));
        await anna.WriteAsync(Frames([10], [11]));

        Assert.Equal([[1]], await ReadAsync(anna));
        Assert.Equal([[2]], await ReadAsync(bert));
        await AssertSentAsync(Bert, [20]);
        await AssertSentAsync(Anna, [10]);
        await AssertSentAsync(Anna, [11]);
    }

    [Fact]
    public async Task Datagrams_ThatArriveTogether_AreReadTogether()
    {
        _socket.Arrive(Anna, 1);
        _socket.Arrive(Anna);
        _socket.Arrive(Anna, 3, 3);
        _socket.Arrive(Bert, 9);
        var flow = await AcceptAsync();
        await AcceptAsync();

        Assert.Equal([[1], [], [3, 3]], await ReadAsync(flow));
    }

    [Fact]
    public async Task Read_ThatWaits_GetsTheNextDatagram()
    {
        _socket.Arrive(Anna, 1);
        var flow = await AcceptAsync();
        await ReadAsync(flow);
        var reading = ReadAsync(flow);
        var accepting = AcceptAsync();

        _socket.Arrive(Anna, 2);

        Assert.Equal([[2]], await reading);
        Assert.False(accepting.IsCompleted);
        _socket.Arrive(Bert, 3);
        await accepting;
    }

    [Fact]
    public async Task Read_ThatIsCancelled_LosesNothing()
    {
        _socket.Arrive(Anna, 1);
        var flow = await AcceptAsync();
        await ReadAsync(flow);
        using var cancelled = new CancellationTokenSource();
        var reading = flow.ReadAsync(cancelled.Token);
        await cancelled.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await reading);

        _socket.Arrive(Anna, 2);
        _socket.Arrive(Bert, 9);
        await AcceptAsync();

        Assert.Equal([[2]], await ReadAsync(flow));
    }

    [Fact]
    public async Task Replies_ThatAreCutAnywhere_ArriveWhole()
    {
        _socket.Arrive(Anna, 1);
        var flow = await AcceptAsync();

        foreach (var one in Frames([1, 2, 3], [], [4]).ToArray())
            await flow.WriteAsync(new[] { one });

        await AssertSentAsync(Anna, [1, 2, 3]);
        await AssertSentAsync(Anna, []);
        await AssertSentAsync(Anna, [4]);
    }

    [Fact]
    public async Task Reply_WithALengthThatIsNone_EndsTheFlow()
    {
        _socket.Arrive(Anna, 1);
        var flow = await AcceptAsync();

        await Assert.ThrowsAsync<EndOfConnectionException>(async () => await flow.WriteAsync(new byte[] { 0, 1, 0, 0 }));
    }

    [Fact]
    public async Task Flow_OnWhichNothingMoves_Ends()
    {
        _socket.Arrive(Anna, 1);
        var flow = await AcceptAsync();
        await ReadAsync(flow);
        var reading = ReadAsync(flow);

        // A reply is a sign of life too.
        Time.Advance(UdpEndpoint.IdleTimeout - TimeSpan.FromSeconds(1));
        await flow.WriteAsync(Frames([2]));
        Time.Advance(UdpEndpoint.IdleTimeout - TimeSpan.FromSeconds(1));
        Assert.False(reading.IsCompleted);
        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Empty(await reading);
        _socket.Arrive(Anna, 3);
        Assert.NotSame(flow, await AcceptAsync());
    }

    [Fact]
    public async Task Flow_WhosePodHasEnded_IsFollowedByAnother()
    {
        _socket.Arrive(Anna, 1);
        var first = await AcceptAsync();
        await first.CompleteWritesAsync();

        _socket.Arrive(Anna, 2);
        var second = await AcceptAsync();

        Assert.Equal([[1]], await ReadAsync(first));
        Assert.Empty(await ReadAsync(first));
        Assert.Equal([[2]], await ReadAsync(second));
    }

    [Fact]
    public async Task Flow_ThatIsAborted_CountsWhatWasNotRead()
    {
        _socket.Arrive(Anna, 1);
        _socket.Arrive(Anna, 2);
        _socket.Arrive(Bert, 9);
        var flow = await AcceptAsync();
        await AcceptAsync();

        flow.Abort();
        await flow.DisposeAsync();

        Assert.Equal(2, _endpoint.Dropped);
    }

    [Fact]
    public async Task Datagrams_ThatNobodyReads_AreDroppedAndCounted()
    {
        var datagram = new byte[60_000];
        var fitting = DatagramQueue.Limit / (datagram.Length + RelayProtocol.FrameHeaderLength);
        for (var i = 0; i < fitting + 3; i++)
            _socket.Arrive(Anna, datagram);
        _socket.Arrive(Bert, 9);
        var flow = await AcceptAsync();
        await AcceptAsync();

        Assert.Equal(fitting, (await ReadAsync(flow)).Count);
        Assert.Equal(3, _endpoint.Dropped);
    }

    [Fact]
    public async Task Datagram_ThatIsTooLargeForTheRelay_IsDroppedAndCounted()
    {
        _socket.Arrive(Anna, new byte[RelayProtocol.MaxDatagramLength + 1]);
        _socket.Arrive(Anna, new byte[RelayProtocol.MaxDatagramLength]);
        var flow = await AcceptAsync();

        Assert.Equal(RelayProtocol.MaxDatagramLength, (await ReadAsync(flow))[0].Length);
        Assert.Equal(1, _endpoint.Dropped);
    }

    [Fact]
    public async Task Peers_WhenThereAreMany_ReplaceTheOneThatIsIdleForLongest()
    {
        var flows = await AcceptAsync(UdpEndpoint.ManyFlows, async flow => await flow.WriteAsync(Frames([2])));

        _socket.Arrive(Anna, 1);
        await AcceptAsync();

        await AssertEndedAsync(flows[0]);
        await AssertLivesAsync(flows[1]);
    }

    [Fact]
    public async Task Peers_WhenThereAreMany_LeaveThoseThatWaitForTheirAnswers()
    {
        var flows = await AcceptAsync(UdpEndpoint.ManyFlows);
        await flows[2].WriteAsync(Frames([2]));

        _socket.Arrive(Anna, 1);
        await AcceptAsync();
        _socket.Arrive(Bert, 1);
        await AcceptAsync();

        await AssertEndedAsync(flows[2]);
        await AssertLivesAsync(flows[0]);
        await flows[0].WriteAsync(Frames([3]));
        await AssertSentAsync(10_002, [2]);
        await AssertSentAsync(10_000, [3]);
    }

    /// <summary>Who sends one way is not waited for.</summary>
    [Fact]
    public async Task Peers_WhenThereAreMany_ReplaceThoseThatNobodyAnswers()
    {
        var flows = await AcceptAsync(UdpEndpoint.ManyFlows);
        await flows[0].WriteAsync(Frames([2]));
        Time.Advance(TimeSpan.FromSeconds(5));

        _socket.Arrive(Anna, 1);
        await AcceptAsync();

        await AssertLivesAsync(flows[0]);
        await AssertEndedAsync(flows[1]);
    }

    [Fact]
    public async Task Peers_BeyondTheLimit_ReplaceTheOneThatWaitsForLongest_WhichLosesNothingOfItsOwn()
    {
        var flows = await AcceptAsync(UdpEndpoint.MaxFlows);

        _socket.Arrive(Anna, 1);
        await AcceptAsync();

        await AssertEndedAsync(flows[0]);
        await AssertLivesAsync(flows[1]);
    }

    [Theory]
    [InlineData(SocketError.ConnectionReset)]
    [InlineData(SocketError.NetworkReset)]
    [InlineData(SocketError.MessageSize)]
    public async Task Endpoint_ThatIsToldOfAnErrorOfOneDatagram_ReceivesTheNext(SocketError error)
    {
        _socket.Fail(error);
        _socket.Arrive(Anna, 1);

        Assert.Equal([[1]], await ReadAsync(await AcceptAsync()));
    }

    [Fact]
    public async Task Reply_ThatCannotBeSent_IsDroppedAndCounted()
    {
        _socket.Arrive(Anna, 1);
        var flow = await AcceptAsync();
        _socket.SendError = SocketError.MessageSize;
        await flow.WriteAsync(Frames([1]));
        _socket.SendError = null;
        await flow.WriteAsync(Frames([2]));

        await AssertSentAsync(Anna, [2]);
        Assert.Equal(1, _endpoint.Dropped);
    }

    [Fact]
    public async Task Datagrams_InSteadyState_AllocateNothing()
    {
        using var queue = new DatagramQueue(new DatagramBudget(1 << 20));
        using var reader = new DatagramReader();
        var datagram = new byte[200];
        Round(1_000);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Round(10_000);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(allocated, 0, 4096);
        await Task.CompletedTask;

        void Round(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var reading = queue.ReadAsync(default);
                queue.TryAdd(datagram);
                queue.Wake();
                reader.Feed(reading.GetAwaiter().GetResult());
                while (reader.TryRead(out var payload))
                    Assert.True(payload.Length == 200);
            }
        }
    }

    private static ReadOnlyMemory<byte> Frames(params byte[][] datagrams)
    {
        using var queue = new DatagramQueue(new DatagramBudget(1 << 20));
        foreach (var datagram in datagrams)
            Assert.True(queue.TryAdd(datagram));
        return queue.TryRead().ToArray();
    }

    private async Task<IDuplexConnection> AcceptAsync() => Own(await _endpoint.AcceptAsync(TimeoutToken));

    /// <summary>The flows of so many peers, each a moment younger than the one before; the first peer's port is 10,000.</summary>
    private async Task<List<IDuplexConnection>> AcceptAsync(int count, Func<IDuplexConnection, Task>? greet = null)
    {
        List<IDuplexConnection> flows = [];
        for (var i = 0; i < count; i++)
        {
            _socket.Arrive(10_000 + i, 1);
            flows.Add(await AcceptAsync());
            if (greet is not null)
                await greet(flows[i]);
            Time.Advance(TimeSpan.FromMilliseconds(1));
        }

        return flows;
    }

    private async Task AssertEndedAsync(IDuplexConnection flow)
    {
        Assert.Equal([[1]], await ReadAsync(flow));
        Assert.Empty(await ReadAsync(flow));
    }

    private async Task AssertLivesAsync(IDuplexConnection flow)
    {
        Assert.Equal([[1]], await ReadAsync(flow));
        Assert.False(ReadAsync(flow).IsCompleted);
    }

    private async Task AssertSentAsync(int peer, byte[] expected)
    {
        var (datagram, port) = await _socket.NextSentAsync(TimeoutToken);
        Assert.Equal(peer, port);
        Assert.Equal(expected, datagram);
    }

    private async Task<List<byte[]>> ReadAsync(IDuplexConnection flow)
    {
        using var reader = new DatagramReader();
        List<byte[]> datagrams = [];
        reader.Feed(await flow.ReadAsync(TimeoutToken));
        while (reader.TryRead(out var payload))
            datagrams.Add(payload.ToArray());
        return datagrams;
    }
}
