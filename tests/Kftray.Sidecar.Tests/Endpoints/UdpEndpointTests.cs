using System.Net.Sockets;
using Kftray.Relay;
using Kftray.Sidecar.Datagrams;
using Kftray.Sidecar.Endpoints;
using Kftray.Sidecar.Forwarding;
using Xunit;

namespace Kftray.Sidecar.Tests.Endpoints;

public sealed class UdpEndpointTests : UdpEndpointTest
{
    [Fact]
    public async Task Flow_OfANewPeer_BeginsWithItsFirstDatagram()
    {
        Socket.Arrive(Anna, 1, 2, 3);

        var flow = await AcceptAsync();

        Assert.Equal([[1, 2, 3]], await ReadAsync(flow));
    }

    [Fact]
    public async Task Flows_OfTwoPeers_DoNotMix()
    {
        Socket.Arrive(Anna, 1);
        Socket.Arrive(Bert, 2);
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
        Socket.Arrive(Anna, 1);
        Socket.Arrive(Anna);
        Socket.Arrive(Anna, 3, 3);
        Socket.Arrive(Bert, 9);
        var flow = await AcceptAsync();
        await AcceptAsync();

        Assert.Equal([[1], [], [3, 3]], await ReadAsync(flow));
    }

    [Fact]
    public async Task Read_ThatWaits_GetsTheNextDatagram()
    {
        Socket.Arrive(Anna, 1);
        var flow = await AcceptAsync();
        await ReadAsync(flow);
        var reading = ReadAsync(flow);
        var accepting = AcceptAsync();

        Socket.Arrive(Anna, 2);

        Assert.Equal([[2]], await reading);
        Assert.False(accepting.IsCompleted);
        Socket.Arrive(Bert, 3);
        await accepting;
    }

    [Fact]
    public async Task Read_ThatIsCancelled_LosesNothing()
    {
        Socket.Arrive(Anna, 1);
        var flow = await AcceptAsync();
        await ReadAsync(flow);
        using var cancelled = new CancellationTokenSource();
        var reading = flow.ReadAsync(cancelled.Token);
        await cancelled.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await reading);

        Socket.Arrive(Anna, 2);
        Socket.Arrive(Bert, 9);
        await AcceptAsync();

        Assert.Equal([[2]], await ReadAsync(flow));
    }

    [Fact]
    public async Task Replies_ThatAreCutAnywhere_ArriveWhole()
    {
        Socket.Arrive(Anna, 1);
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
        Socket.Arrive(Anna, 1);
        var flow = await AcceptAsync();

        await Assert.ThrowsAsync<EndOfConnectionException>(async () => await flow.WriteAsync(new byte[] { 0, 1, 0, 0 }));
    }

    [Fact]
    public async Task Flow_OnWhichNothingMoves_Ends()
    {
        Socket.Arrive(Anna, 1);
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
        Socket.Arrive(Anna, 3);
        Assert.NotSame(flow, await AcceptAsync());
    }

    [Fact]
    public async Task Flow_WhosePodHasEnded_IsFollowedByAnother()
    {
        Socket.Arrive(Anna, 1);
        var first = await AcceptAsync();
        await first.CompleteWritesAsync();

        Socket.Arrive(Anna, 2);
        var second = await AcceptAsync();

        Assert.Equal([[1]], await ReadAsync(first));
        Assert.Empty(await ReadAsync(first));
        Assert.Equal([[2]], await ReadAsync(second));
    }

    [Fact]
    public async Task Flow_ThatIsAborted_CountsWhatWasNotRead()
    {
        Socket.Arrive(Anna, 1);
        Socket.Arrive(Anna, 2);
        Socket.Arrive(Bert, 9);
        var flow = await AcceptAsync();
        await AcceptAsync();

        flow.Abort();
        await flow.DisposeAsync();

        Assert.Equal(2, Endpoint.Dropped);
    }

    [Fact]
    public async Task Datagrams_ThatNobodyReads_AreDroppedAndCounted()
    {
        var datagram = new byte[60_000];
        var fitting = DatagramQueue.Limit / (datagram.Length + RelayProtocol.FrameHeaderLength);
        for (var i = 0; i < fitting + 3; i++)
            Socket.Arrive(Anna, datagram);
        Socket.Arrive(Bert, 9);
        var flow = await AcceptAsync();
        await AcceptAsync();

        Assert.Equal(fitting, (await ReadAsync(flow)).Count);
        Assert.Equal(3, Endpoint.Dropped);
    }

    [Fact]
    public async Task Datagram_ThatIsTooLargeForTheRelay_IsDroppedAndCounted()
    {
        Socket.Arrive(Anna, new byte[RelayProtocol.MaxDatagramLength + 1]);
        Socket.Arrive(Anna, new byte[RelayProtocol.MaxDatagramLength]);
        var flow = await AcceptAsync();

        Assert.Equal(RelayProtocol.MaxDatagramLength, (await ReadAsync(flow))[0].Length);
        Assert.Equal(1, Endpoint.Dropped);
    }

    [Theory]
    [InlineData(SocketError.ConnectionReset)]
    [InlineData(SocketError.NetworkReset)]
    [InlineData(SocketError.MessageSize)]
    public async Task Endpoint_ThatIsToldOfAnErrorOfOneDatagram_ReceivesTheNext(SocketError error)
    {
        Socket.Fail(error);
        Socket.Arrive(Anna, 1);

        Assert.Equal([[1]], await ReadAsync(await AcceptAsync()));
    }

    [Fact]
    public async Task Reply_ThatCannotBeSent_IsDroppedAndCounted()
    {
        Socket.Arrive(Anna, 1);
        var flow = await AcceptAsync();
        Socket.SendError = SocketError.MessageSize;
        await flow.WriteAsync(Frames([1]));
        Socket.SendError = null;
        await flow.WriteAsync(Frames([2]));

        await AssertSentAsync(Anna, [2]);
        Assert.Equal(1, Endpoint.Dropped);
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
}
