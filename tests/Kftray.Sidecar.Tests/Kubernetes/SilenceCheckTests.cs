using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Kubernetes.Watching;
using Xunit;
using static Kftray.Sidecar.Tests.Kubernetes.Objects;

namespace Kftray.Sidecar.Tests.Kubernetes;

/// <summary>Watches that say nothing, because nothing happens or because they hang.</summary>
public sealed class SilenceCheckTests : WatchTestBase
{
    [Fact]
    public async Task Watch_SilentWhileTheServerKnowsMore_IsLeftWithinFifteenSeconds()
    {
        await using var world = World;
        world.Cluster.Put("pods", "old", Pod("old"));
        await using var pods = Open();
        await Watching(pods);
        var began = world.Time.GetUtcNow();
        world.Cluster.PutUnseen("pods", "new", Pod("new"));

        await world.Time.Armed(SilenceCheck<PodInfo>.Quiet);
        world.Time.Advance(SilenceCheck<PodInfo>.Quiet);
        await world.Time.Armed(Reflector<PodInfo>.Benefit);
        world.Time.Advance(Reflector<PodInfo>.Benefit);

        await Until(pods, s => s.Items.ContainsKey("new"));
        Assert.InRange(world.Time.GetUtcNow() - began, TimeSpan.Zero, TimeSpan.FromSeconds(15));
        Assert.Null(pods.Current.Value.Trouble);
    }

    [Fact]
    public async Task Watch_SilentBecauseNothingHappens_IsAskedOnceInTenSecondsAndLeftAlone()
    {
        await using var world = World;
        world.Cluster.Put("pods", "a", Pod("a"));
        await using var pods = Open();
        await Watching(pods);

        for (var asked = 1; asked <= 3; asked++)
        {
            await world.Time.Armed(SilenceCheck<PodInfo>.Quiet);
            world.Time.Advance(SilenceCheck<PodInfo>.Quiet);
            await Request(world.Cluster, r => r.Contains("NotOlderThan"), asked);
        }

        // What it says itself is as good as an answer.
        await world.Time.Armed(SilenceCheck<PodInfo>.Quiet);
        world.Time.Advance(SilenceCheck<PodInfo>.Quiet / 2);
        world.Cluster.Put("pods", "b", Pod("b"));
        await Until(pods, s => s.Items.ContainsKey("b"));
        world.Time.Advance(SilenceCheck<PodInfo>.Quiet / 2);
        await world.Time.Armed(SilenceCheck<PodInfo>.Quiet / 2);
        Assert.Equal(3, world.Cluster.Requests.Count(r => r.Contains("NotOlderThan")));
        Assert.Single(world.Cluster.Requests, r => r.Contains("limit="));
        Assert.Single(world.Cluster.Requests, r => r.Contains("watch=true"));
    }
}
