using Kftray.Sidecar.Contract;
using Xunit;

namespace Kftray.Sidecar.Tests.Forwarding;

public sealed class ForwardFeedTests : ForwardTestBase
{
    [Fact]
    public async Task Feed_WhileBytesFlow_TellsOfThemOnceInHalfASecond()
    {
        await ActiveAsync();
        var client = Connect();
        var pod = await Dialer.NextStreamAsync(TimeoutToken);
        await Time.Armed(TimeSpan.FromMilliseconds(500)).WaitAsync(TimeoutToken);
        var before = Feed.Batches.Count;
        for (var i = 0; i < 100; i++)
            client.Send("x");
        await pod.ReceivesAsync(new string('x', 100), TimeoutToken);
        Assert.Equal(before, Feed.Batches.Count);

        Time.Advance(TimeSpan.FromMilliseconds(500));

        await Feed.Becomes("app/web", snapshot => snapshot.Traffic.BytesOut == 100, TimeoutToken);
        Assert.Equal(before + 1, Feed.Batches.Count);
    }

    [Fact]
    public async Task Feed_WithAChangedState_DoesNotWaitForTheCounters()
    {
        await ActiveAsync();
        Connect();
        await Dialer.NextStreamAsync(TimeoutToken);
        await Time.Armed(TimeSpan.FromMilliseconds(500)).WaitAsync(TimeoutToken);

        Resolver.Unavailable();

        // No time has passed.
        Assert.Equal(1, (await Becomes(ForwardStatus.Reconnecting)).Traffic.TotalConnections);
    }

    [Fact]
    public async Task Feed_WhoseConsumerWasAway_TellsEachForwardOnce()
    {
        await Feed.DisposeAsync();
        await ActiveAsync2();
        for (var i = 0; i < 50; i++)
        {
            Resolver.Unavailable();
            Resolver.Ready(Dialer.Pod($"web-{i}"));
        }

        await using var late = new FeedReader(Set.Feed);
        await late.Becomes("app/web", ForwardStatus.Active, TimeoutToken);

        Assert.Single(late.Batches[0].Snapshots);
    }

    // As ActiveAsync, but asks the set instead of the feed, which nobody reads here.
    private async Task ActiveAsync2()
    {
        Resolver.Ready(Dialer.Pod("web-0"));
        await ApplyAsync(Spec("web"));
        while (Set.Snapshots.Single().Status != ForwardStatus.Active)
        {
            TimeoutToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
