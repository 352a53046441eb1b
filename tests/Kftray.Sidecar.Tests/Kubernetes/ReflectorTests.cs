using System.Net;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Kubernetes.Watching;
using Xunit;
using static Kftray.Sidecar.Tests.Kubernetes.Objects;

namespace Kftray.Sidecar.Tests.Kubernetes;

public sealed class ReflectorTests : WatchTestBase
{
    [Fact]
    public async Task Watch_ListInPages_CollectsAllOfThem()
    {
        await using var world = World;
        world.Cluster.PageSize = 2;
        for (var i = 0; i < 5; i++)
            world.Cluster.Put("pods", $"p{i}", Pod($"p{i}"));

        await using var pods = Open();
        var state = await Until(pods, s => s.IsKnown);

        Assert.Equal(5, state.Items.Count);
        Assert.Equal(3, world.Cluster.Requests.Count(r => r.Contains("limit=")));
    }

    [Fact]
    public async Task Watch_AddedChangedDeleted_IsFollowed()
    {
        await using var world = World;
        await using var pods = Open();
        await Watching(pods);

        world.Cluster.Put("pods", "a", Pod("a", ready: false));
        await Until(pods, s => s.Items.ContainsKey("a"));
        world.Cluster.Put("pods", "a", Pod("a", ready: true));
        await Until(pods, s => s.Items["a"].IsReady);
        world.Cluster.Delete("pods", "a");
        await Until(pods, s => s.Items.IsEmpty);
    }

    [Fact]
    public async Task Watch_Ended_ResumesAfterTheLastVersionWithoutListing()
    {
        await using var world = World;
        await using var pods = Open();
        await Watching(pods);
        world.Cluster.SendRaw("pods", """{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"777"}}}""" + "\n");
        world.Cluster.EndWatches("pods");

        await world.PassTimeUntil(Request(world.Cluster, r => r.Contains("watch=true") && r.Contains("resourceVersion=777")));

        Assert.Single(world.Cluster.Requests, r => r.Contains("limit="));
        Assert.Null(pods.Current.Value.Trouble);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Watch_VersionForgotten_ListsAgainAndSeesWhatWasMissed(bool asEvent)
    {
        await using var world = World;
        world.Cluster.Put("pods", "old", Pod("old"));
        await using var pods = Open();
        await Watching(pods);
        world.Cluster.PutUnseen("pods", "new", Pod("new"));

        if (asEvent)
        {
            world.Cluster.SendRaw("pods", """{"type":"ERROR","object":{"kind":"Status","status":"Failure","message":"too old","reason":"Expired","code":410}}""");
        }
        else
        {
            var refused = 0;
            world.Cluster.Refuse("watch", "pods", () =>
            {
                if (++refused == 1)
                    world.Cluster.Allow("watch", "pods");
                return FakeApi.Status(HttpStatusCode.Gone, "Expired");
            });
            world.Cluster.EndWatches("pods");
        }

        var state = await world.PassTimeUntil(Until(pods, s => s.Items.ContainsKey("new")));
        Assert.Null(state.Trouble);
    }

    [Fact]
    public async Task Watch_CutWithinAnEvent_GoesOn()
    {
        await using var world = World;
        await using var pods = Open();
        await Watching(pods);
        world.Cluster.SendRaw("pods", """{"type":"ADDED","object":{"metad""");
        world.Cluster.EndWatches("pods");

        await world.PassTimeUntil(Request(world.Cluster, r => r.Contains("watch=true"), count: 2));
        world.Cluster.Put("pods", "a", Pod("a"));
        await world.PassTimeUntil(Until(pods, s => s.Items.ContainsKey("a")));
    }

    [Fact]
    public async Task Watch_ServerFails_KeepsWhatIsKnownAndSaysSoUntilItIsBack()
    {
        await using var world = World;
        world.Cluster.Put("pods", "a", Pod("a"));
        await using var pods = Open();
        await Watching(pods);
        world.Cluster.Refuse("watch", "pods", () => throw new HttpRequestException(HttpRequestError.ConnectionError));
        world.Cluster.EndWatches("pods");

        var state = await world.PassTimeUntil(Until(pods, s => s.Trouble is { Attempts: >= 3 }));
        Assert.Equal(FaultKind.ServerUnreachable, state.Trouble!.Fault.Kind);
        Assert.True(state.Items.ContainsKey("a"));

        world.Cluster.Allow("watch", "pods");
        await world.PassTimeUntil(Until(pods, s => s.Trouble is null));
    }

    [Fact]
    public async Task Watch_MayNotWatch_PollsAndSaysSo()
    {
        await using var world = World;
        world.Cluster.Forbid("watch", "pods");
        await using var pods = Open();
        var state = await Until(pods, s => s.IsPolled);
        Assert.True(state.IsKnown);

        world.Cluster.Put("pods", "a", Pod("a"));
        await world.PassTimeUntil(Until(pods, s => s.Items.ContainsKey("a")));
    }

    [Fact]
    public async Task Watch_Throttled_WaitsAsLongAsTheServerAsks()
    {
        await using var world = World;
        world.Cluster.Refuse("list", "pods", () =>
        {
            var response = FakeApi.Status(HttpStatusCode.TooManyRequests, "TooManyRequests");
            response.Headers.RetryAfter = new(TimeSpan.FromSeconds(40));
            return response;
        });
        await using var pods = Open();

        var state = await Until(pods, s => s.Trouble is not null);

        Assert.Equal(FaultKind.Throttled, state.Trouble!.Fault.Kind);
        Assert.InRange(state.Trouble.NextAttemptAt - world.Time.GetUtcNow(), TimeSpan.FromSeconds(40), TimeSpan.FromSeconds(41));
    }

    [Fact]
    public async Task Watch_HangsBeyondItsTime_IsGivenUp()
    {
        await using var world = World;
        await using var pods = Open();
        await Watching(pods);

        // Nothing ends it: the server promised to, after four minutes at most.
        await world.Time.Armed(due => due > TimeSpan.FromMinutes(2));
        world.Time.Advance(TimeSpan.FromMinutes(4) + Reflector<PodInfo>.Overtime);
        await world.PassTimeUntil(Request(world.Cluster, r => r.Contains("watch=true"), count: 2));
    }

    [Fact]
    public async Task Watch_Doubted_ListsAgainAndSeesWhatItWasNotTold()
    {
        await using var world = World;
        world.Cluster.Put("pods", "old", Pod("old"));
        await using var pods = Open();
        await Watching(pods);
        world.Cluster.PutUnseen("pods", "new", Pod("new"));

        // Many doubt at the same time; the watch gets a moment, and the server one list.
        var (cluster, _) = world.Registry.Open(world.Registry.WatchKubeconfig(null), null);
        for (var i = 0; i < 50; i++)
            cluster.Doubt("shop", null);
        Assert.Single(world.Cluster.Requests, r => r.Contains("limit="));
        await world.Time.Armed(Reflector<PodInfo>.Benefit);
        world.Time.Advance(Reflector<PodInfo>.Benefit);

        await Until(pods, s => s.Items.ContainsKey("new"));
        Assert.Equal(2, world.Cluster.Requests.Count(r => r.Contains("limit=")));
        Assert.Null(pods.Current.Value.Trouble);
    }

    [Fact]
    public async Task Pods_DeletedOrReplaced_AreAbandoned()
    {
        await using var world = World;
        world.Cluster.Put("pods", "a", Pod("a", uid: "a1"));
        world.Cluster.Put("pods", "b", Pod("b", uid: "b1"));
        await using var pods = Open();
        await Watching(pods);

        world.Cluster.Put("pods", "a", Pod("a", uid: "a2"));
        await Until(pods, s => s.Items["a"].Uid == "a2");
        world.Cluster.Delete("pods", "b");
        await Until(pods, s => !s.Items.ContainsKey("b"));

        world.Cluster.Put("pods", "c", Pod("c"));
        await Until(pods, s => s.Items.ContainsKey("c"));
        Assert.Equal(["a1", "b1"], world.Dialers.Single().Abandoned);
    }

    [Fact]
    public async Task Watch_ManyReaders_ShareOneAndTheLastOneEndsIt()
    {
        await using var world = World;
        var (cluster, _) = world.Registry.Open(world.Registry.WatchKubeconfig(null), null);
        var leases = Enumerable.Range(0, 200).Select(_ => cluster.Watch(ResourceKinds.Pods, "shop")).ToArray();
        await Until(leases[0], s => s.IsKnown);
        await Request(world.Cluster, r => r.Contains("watch=true"));

        Assert.Equal(2, world.Cluster.Requests.Count);
        foreach (var lease in leases)
            await lease.DisposeAsync();
        await using var again = cluster.Watch(ResourceKinds.Pods, "shop");
        await Until(again, s => s.IsKnown);
        Assert.Equal(2, world.Cluster.Requests.Count(r => r.Contains("limit=")));
    }

    [Theory]
    [InlineData(FaultKind.ServerUnreachable, 1, 0, null, 0.8, 1)]
    [InlineData(FaultKind.ServerUnreachable, 50, 59, null, 0.8, 1)]
    [InlineData(FaultKind.ServerUnreachable, 60, 100, null, 4, 5)]
    [InlineData(FaultKind.ServerUnreachable, 900, 5000, null, 24, 30)]
    [InlineData(FaultKind.TlsNotTrusted, 20, 30, null, 0.8, 1)]
    [InlineData(FaultKind.Unauthorized, 20, 30, null, 0.8, 1)]
    [InlineData(FaultKind.Unauthorized, 900, 5000, null, 24, 30)]
    [InlineData(FaultKind.Forbidden, 1, 0, null, 1.6, 2)]
    [InlineData(FaultKind.Forbidden, 9, 300, null, 24, 30)]
    [InlineData(FaultKind.Throttled, 1, 0, 7, 7, 8)]
    public void Backoff_Delay_IsWithinItsBounds(FaultKind kind, int attempt, int failingSeconds, int? retryAfter, double least, double most)
    {
        TimeSpan Delay(double chance) => WatchBackoff.Delay(
            kind, attempt, TimeSpan.FromSeconds(failingSeconds), retryAfter is { } s ? TimeSpan.FromSeconds(s) : null, chance);

        Assert.Equal(least, Delay(0).TotalSeconds, 3);
        Assert.Equal(most, Delay(1).TotalSeconds, 3);
    }
}
