using Kftray.Sidecar.Endpoints;
using Kftray.Sidecar.Forwarding;
using Xunit;

namespace Kftray.Sidecar.Tests.Endpoints;

/// <summary>Who makes room when there are more peers than an endpoint keeps flows for.</summary>
public sealed class UdpManyPeersTests : UdpEndpointTest
{
    [Fact]
    public async Task Peers_WhenThereAreMany_ReplaceTheOneThatIsIdleForLongest()
    {
        var flows = await AcceptAsync(UdpEndpoint.ManyFlows, async flow => await flow.WriteAsync(Frames([2])));

        Socket.Arrive(Anna, 1);
        await AcceptAsync();

        await AssertEndedAsync(flows[0]);
        await AssertLivesAsync(flows[1]);
    }

    [Fact]
    public async Task Peers_WhenThereAreMany_LeaveThoseThatWaitForTheirAnswers()
    {
        var flows = await AcceptAsync(UdpEndpoint.ManyFlows);
        await flows[2].WriteAsync(Frames([2]));

        Socket.Arrive(Anna, 1);
        await AcceptAsync();
        Socket.Arrive(Bert, 1);
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

        Socket.Arrive(Anna, 1);
        await AcceptAsync();

        await AssertLivesAsync(flows[0]);
        await AssertEndedAsync(flows[1]);
    }

    [Fact]
    public async Task Peers_BeyondTheLimit_ReplaceTheOneThatWaitsForLongest_WhichLosesNothingOfItsOwn()
    {
        var flows = await AcceptAsync(UdpEndpoint.MaxFlows);

        Socket.Arrive(Anna, 1);
        await AcceptAsync();

        await AssertEndedAsync(flows[0]);
        await AssertLivesAsync(flows[1]);
    }

    /// <summary>The flows of so many peers, each a moment younger than the one before; the first peer's port is 10,000.</summary>
    private async Task<List<IDuplexConnection>> AcceptAsync(int count, Func<IDuplexConnection, Task>? greet = null)
    {
        List<IDuplexConnection> flows = [];
        for (var i = 0; i < count; i++)
        {
            Socket.Arrive(10_000 + i, 1);
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
}
