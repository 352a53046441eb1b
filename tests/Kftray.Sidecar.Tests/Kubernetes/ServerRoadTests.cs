using System.Net;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes;

public sealed class ServerRoadTests : TestBase
{
    private readonly Fault _away = new(FaultKind.ServerUnreachable, "Away.");
    private readonly SemaphoreSlim _probed = new(0);
    private Func<CancellationToken, Task> _answer = _ => Task.CompletedTask;
    private readonly TaskCompletionSource _improved = new();
    private int _probes;
    private int _opened;

    [Fact]
    public async Task Doubt_ServerAnswers_LeavesTheRoadOpen()
    {
        var road = Road();
        road.Doubt();
        await ProbedAsync();

        Assert.Null(road.Current.Value.Fault);
        Assert.Equal(0, _opened);
    }

    [Fact]
    public async Task Doubts_OfMany_AreOneProbeAtATimeAndOneASecond()
    {
        var answer = new TaskCompletionSource();
        _answer = _ => answer.Task;
        var road = Road();
        Parallel.For(0, 200, _ => road.Doubt());
        await ProbedAsync();
        Assert.Equal(1, _probes);
        answer.SetResult();

        // The next doubt rests before it asks.
        var resting = Time.Armed(ServerRoad.Rest);
        while (!resting.IsCompleted)
        {
            road.Doubt();
            await Task.Yield();
        }

        await resting;

        Assert.Equal(1, _probes);
        Time.Advance(ServerRoad.Rest);
        await ProbedAsync();
        Assert.Equal(2, _probes);
    }

    [Fact]
    public async Task Server_Away_IsAskedEverySecondForAMinuteAndThenLessAndLess()
    {
        _answer = _ => throw new ForwardException(_away);
        var road = Road();
        var began = Time.GetUtcNow();
        road.Doubt();
        TimeSpan longest = default;
        for (var attempt = 1; attempt <= 400; attempt++)
        {
            await ProbedAsync();
            var state = await WaitForAsync(road, state => state.Attempts == attempt);
            var delay = state.NextAttemptAt!.Value - Time.GetUtcNow();
            if (Time.GetUtcNow() - began < TimeSpan.FromMinutes(1))
                Assert.InRange(delay, TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1));
            Assert.InRange(delay, TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(30));
            longest = delay > longest ? delay : longest;
            await Time.Armed(due => (due - delay).Duration() < TimeSpan.FromMilliseconds(1)); // Timers know whole milliseconds.
            Time.Advance(delay);
        }

        Assert.InRange(longest, TimeSpan.FromSeconds(24), TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Server_Back_IsSaidOnce()
    {
        _answer = _ => throw new ForwardException(_away);
        var road = Road();
        road.Doubt();
        Assert.Equal(_away, (await WaitForAsync(road, state => state.Fault is not null)).Fault);

        _answer = _ => Task.CompletedTask;
        road.Retry();

        await WaitForAsync(road, state => state.Fault is null);
        await road.DisposeAsync();
        Assert.Equal(1, _opened);
    }

    [Fact]
    public async Task Server_ThatSaysNothing_IsGivenThreeSeconds()
    {
        _answer = stop => Task.Delay(Timeout.InfiniteTimeSpan, Time, stop);
        var road = Road();
        road.Doubt();
        await Time.Armed(TimeSpan.FromSeconds(3));
        Time.Advance(TimeSpan.FromSeconds(3));

        var state = await WaitForAsync(road, state => state.Fault is not null);
        Assert.Equal(FaultKind.ServerUnreachable, state.Fault!.Kind);
    }

    [Fact]
    public async Task Server_ThatAsksForPatience_GetsIt()
    {
        _answer = _ => throw new ApiStatusException(HttpStatusCode.TooManyRequests, new(FaultKind.Throttled, "Fewer."), TimeSpan.FromSeconds(17));
        var road = Road();
        road.Doubt();

        var state = await WaitForAsync(road, state => state.Fault is not null);

        Assert.InRange(state.NextAttemptAt!.Value - Time.GetUtcNow(), TimeSpan.FromSeconds(17), TimeSpan.FromSeconds(18));
    }

    [Fact]
    public async Task Requests_WhileTheServerIsAway_FailAtOnceAndCostNothing()
    {
        await using var world = new World();
        world.Cluster.Refuse("get", "version", () => throw new HttpRequestException(HttpRequestError.ConnectionError));
        world.Cluster.Refuse("list", "pods", () => throw new HttpRequestException(HttpRequestError.ConnectionError));
        var (cluster, _) = world.Registry.Open(world.Registry.WatchKubeconfig(null), null);
        await Assert.ThrowsAsync<ForwardException>(() => cluster.Reader.ListAsync(ResourceKinds.Pods, "shop", TimeoutToken));
        await WaitForAsync(cluster.Road, state => state.Fault is not null);
        var asked = world.Cluster.Requests.Count;

        for (var i = 0; i < 100; i++)
            await Assert.ThrowsAsync<ForwardException>(() => cluster.Reader.ListAsync(ResourceKinds.Pods, "shop", TimeoutToken));

        Assert.Equal(asked, world.Cluster.Requests.Count);
        world.Cluster.Allow("get", "version");
        world.Cluster.Allow("list", "pods");
        world.Registry.RetryNow();
        await WaitForAsync(cluster.Road, state => state.Fault is null);
        Assert.Empty((await cluster.Reader.ListAsync(ResourceKinds.Pods, "shop", TimeoutToken)).Items);
    }

    private ServerRoad Road() => Own(new ServerRoad("dev", _ => Task.CompletedTask, async stop =>
    {
        Interlocked.Increment(ref _probes);
        _probed.Release();
        await _answer(stop);
    }, () => _improved.Task, () => Interlocked.Increment(ref _opened), Time, NullLogger.Instance));

    private Task ProbedAsync() => _probed.WaitAsync(TimeoutToken);

    private async Task<RoadState> WaitForAsync(ServerRoad road, Func<RoadState, bool> condition)
    {
        while (true)
        {
            var version = road.Current;
            if (condition(version.Value))
                return version.Value;
            await version.Superseded.WaitAsync(TimeoutToken);
        }
    }
}
