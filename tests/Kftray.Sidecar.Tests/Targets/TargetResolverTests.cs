using System.Net;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Targets;
using Kftray.Sidecar.Tests.Kubernetes;
using Xunit;
using static Kftray.Sidecar.Tests.Kubernetes.Objects;
using static Kftray.Sidecar.Tests.Targets.Answers;

namespace Kftray.Sidecar.Tests.Targets;

public sealed class TargetResolverTests
{
    [Fact]
    public async Task Context_CurrentOneSwitched_IsFollowedUnlessPinned()
    {
        await using var world = new World();
        world.Cluster.Put("pods", "a", Pod("a"));
        world.Api("two.test").Put("pods", "a", Pod("a", uid: "two"));
        var spec = Spec("a", 8080) with { WorkloadType = WorkloadType.Pod };
        await using var following = Resolve(world, spec);
        await using var pinned = Resolve(world, spec with { Context = "one" });
        var before = Assert.IsType<Resolution.Ready>(await following.NextAsync()).Pods.Single();
        var kept = Assert.IsType<Resolution.Ready>(await pinned.NextAsync()).Pods.Single();

        world.WriteKubeconfig(current: "two");
        await world.PassPollAsync();

        // Said at once, before the other cluster has answered: new connections wait for it.
        Assert.Equal("two", (await following.UnavailableAsync()).Context);
        Assert.True(before.Left.IsCancellationRequested);
        Assert.False(kept.Left.IsCancellationRequested);
        var moved = Assert.IsType<Resolution.Ready>(await following.NextAsync());
        Assert.Equal(("two", "two"), (moved.Context, moved.Pods.Single().Uid));
        world.Cluster.Put("pods", "a", Pod("a", ready: false));
        Assert.IsType<Resolution.Unavailable>(await pinned.NextAsync());
    }

    [Fact]
    public async Task Context_DisappearsAndReturns_IsNamedAndWaitedFor()
    {
        await using var world = new World();
        world.Cluster.Put("pods", "a", Pod("a"));
        await using var answers = Resolve(world, Spec("a", 8080) with { WorkloadType = WorkloadType.Pod, Context = "three" });
        var missing = await answers.UnavailableAsync();
        Assert.Equal((FaultKind.ContextNotFound, WaitingFor.Event), (missing.Fault.Kind, missing.WaitingFor));
        Assert.Contains("'three'", missing.Fault.Message);

        var text = await File.ReadAllTextAsync(world.KubeconfigPath, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(world.KubeconfigPath, text.Replace("- {name: two, context", "- {name: three, context: {cluster: two, user: me, namespace: shop}}\n- {name: two, context"), TestContext.Current.CancellationToken);
        world.Api("two.test").Put("pods", "a", Pod("a"));
        await world.PassPollAsync();
        var found = Assert.IsType<Resolution.Ready>(await answers.NextAsync());
        Assert.Equal("three", found.Context);
    }

    [Fact]
    public async Task Cluster_AwayForAMoment_KeepsTheKnownPodsAndThenSaysSo()
    {
        await using var world = new World();
        world.Cluster.Put("pods", "a", Pod("a"));
        await using var answers = Resolve(world, Spec("a", 8080) with { WorkloadType = WorkloadType.Pod });
        Assert.Equal(["a"], await answers.PodsAsync());

        foreach (var verb in new[] { "list", "watch" })
            world.Cluster.Refuse(verb, "pods", () => throw new HttpRequestException(HttpRequestError.ConnectionError));
        world.Cluster.EndWatches("pods");
        await world.PassWaitAsync();
        var uncertain = Assert.IsType<Resolution.Ready>(await answers.NextAsync());
        Assert.Contains("may be old", uncertain.Warning);

        var began = world.Time.GetUtcNow();
        var away = Assert.IsType<Resolution.Unavailable>(await world.PassTimeUntil(answers.NextAsync()));
        Assert.Equal((FaultKind.ServerUnreachable, WaitingFor.Time), (away.Fault.Kind, away.WaitingFor));
        Assert.True(world.Time.GetUtcNow() - began >= TargetFaults.StaleAfter - TimeSpan.FromSeconds(2));
        Assert.NotNull(away.NextAttemptAt);

        foreach (var verb in new[] { "list", "watch" })
            world.Cluster.Allow(verb, "pods");
        Resolution answer;
        do
            answer = await world.PassTimeUntil(answers.NextAsync());
        while (answer is Resolution.Unavailable);
        Assert.Null(answer.Warning);
    }

    [Fact]
    public async Task Road_Broken_IsToldByTheRoadAndOverWhenItIsOpen()
    {
        await using var world = new World();
        world.Cluster.Put("pods", "a", Pod("a"));
        await using var answers = Resolve(world, Spec("a", 8080) with { WorkloadType = WorkloadType.Pod });
        var ready = Assert.IsType<Resolution.Ready>(await answers.NextAsync());

        // The watch says nothing: only the probe finds out.
        world.Cluster.Refuse("get", "version", () => throw new HttpRequestException(HttpRequestError.ConnectionError));
        world.Registry.RetryNow();
        var warned = Assert.IsType<Resolution.Ready>(await answers.NextAsync());
        Assert.NotNull(warned.Warning);
        Assert.Equal(ready.Pods, warned.Pods);
        var away = Assert.IsType<Resolution.Unavailable>(await world.PassTimeUntil(answers.NextAsync()));
        Assert.Equal((FaultKind.ServerUnreachable, WaitingFor.Time), (away.Fault.Kind, away.WaitingFor));

        world.Cluster.Allow("get", "version");
        world.Registry.RetryNow();
        Resolution answer;
        do
            answer = await answers.NextAsync();
        while (answer is Resolution.Unavailable);
        Assert.Equal(ready.Pods, Assert.IsType<Resolution.Ready>(answer).Pods);
    }

    [Fact]
    public async Task Cluster_AnswersOnlyWithErrors_KeepsTheKnownPods()
    {
        await using var world = new World();
        world.Cluster.Put("pods", "a", Pod("a"));
        await using var answers = Resolve(world, Spec("a", 8080) with { WorkloadType = WorkloadType.Pod });
        Assert.Equal(["a"], await answers.PodsAsync());
        world.Cluster.Refuse("watch", "pods", () => FakeApi.Status(HttpStatusCode.InternalServerError, "InternalError"));
        world.Cluster.EndWatches("pods");
        await world.PassWaitAsync();
        Assert.IsType<Resolution.Ready>(await answers.NextAsync());

        var next = answers.NextAsync();
        for (var i = 0; i < 30; i++)
            await world.PassWaitAsync();

        Assert.False(next.IsCompleted);
        world.Cluster.Put("pods", "a", Pod("a", ready: false));
        world.Cluster.Allow("watch", "pods");
        await world.PassTimeUntil(next);
    }

    [Fact]
    public async Task WorkloadType_NotSupported_IsAnAnswer()
    {
        await using var world = new World();
        await using var answers = Resolve(world, Spec("api", 80) with { WorkloadType = WorkloadType.Expose });
        Assert.Equal(FaultKind.NotSupported, (await answers.UnavailableAsync()).Fault.Kind);
    }
}
