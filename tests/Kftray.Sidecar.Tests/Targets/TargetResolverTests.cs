using System.Net;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Targets;
using Kftray.Sidecar.Tests.Kubernetes;
using Xunit;
using static Kftray.Sidecar.Tests.Kubernetes.Objects;

namespace Kftray.Sidecar.Tests.Targets;

public sealed class TargetResolverTests
{
    private const string WebPorts = """[{"name":"web","port":8080}]""";

    [Fact]
    public async Task Service_ReadyEndpoints_AreItsPodsWithTheTargetPort()
    {
        await using var world = new World();
        world.Cluster.Put("services", "api", Service("api"));
        world.Cluster.Put("pods", "a", Pod("a"));
        world.Cluster.Put("pods", "b", Pod("b"));
        world.Cluster.Put("pods", "c", Pod("c", ready: false));
        world.Cluster.Put("endpointslices", "s", Slice("api", WebPorts, Endpoint("a"), Endpoint("b"), Endpoint("c", ready: false)));
        await using var answers = Resolve(world, Spec("api", 80));

        var ready = Assert.IsType<Resolution.Ready>(await answers.NextAsync());

        Assert.Equal([("a", "a-uid", 8080), ("b", "b-uid", 8080)], ready.Pods.Select(p => (p.Name, p.Uid, p.Port)));
        Assert.Equal(("one", "shop", null), (ready.Context, ready.Namespace, ready.Warning));
        Assert.Same(world.Dialers.Single(), ready.Pods[0].Dialer);
    }

    [Fact]
    public async Task Service_PodTerminates_IsLeftBeforeTheEndpointsKnowAndTheOthersKeepTheirOrder()
    {
        await using var world = new World();
        world.Cluster.Put("services", "api", Service("api"));
        foreach (var name in new[] { "b", "c" })
            world.Cluster.Put("pods", name, Pod(name));
        world.Cluster.Put("endpointslices", "s", Slice("api", WebPorts, Endpoint("b"), Endpoint("c")));
        await using var answers = Resolve(world, Spec("api", 80));
        Assert.Equal(["b", "c"], await answers.PodsAsync());

        world.Cluster.Put("pods", "a", Pod("a"));
        world.Cluster.Put("endpointslices", "s", Slice("api", WebPorts, Endpoint("a"), Endpoint("b"), Endpoint("c")));
        Assert.Equal(["b", "c", "a"], await answers.PodsAsync());

        world.Cluster.Put("pods", "b", Pod("b", terminating: true));
        Assert.Equal(["c", "a"], await answers.PodsAsync());
    }

    [Fact]
    public async Task Service_NotThereYet_IsWaitedFor()
    {
        await using var world = new World();
        world.Cluster.Put("services", "apis", Service("apis"));
        await using var answers = Resolve(world, Spec("api", 80));
        var missing = await answers.UnavailableAsync();
        Assert.Equal((FaultKind.ServiceNotFound, WaitingFor.Event), (missing.Fault.Kind, missing.WaitingFor));
        Assert.Equal("Did you mean 'apis'?", missing.Fault.Hint);

        world.Cluster.Put("services", "api", Service("api"));
        var empty = await answers.UnavailableAsync();
        Assert.Equal(FaultKind.NoReadyPod, empty.Fault.Kind);

        world.Cluster.Put("pods", "a", Pod("a", ready: false, waiting: "CrashLoopBackOff"));
        Assert.Contains("a: CrashLoopBackOff", (await answers.UnavailableAsync()).Fault.Message);

        world.Cluster.Put("endpointslices", "s", Slice("api", WebPorts, Endpoint("a")));
        Assert.Equal(["a"], await answers.PodsAsync());
    }

    [Theory]
    [InlineData(80, null, 8080)]
    [InlineData(0, "web", 8080)]
    [InlineData(8080, null, 8080)]
    [InlineData(0, "http", 8080)]
    [InlineData(9090, null, 9090)]
    [InlineData(81, null, 9090)]
    public async Task Service_RemotePort_IsServicePortOrTargetPortOrContainerPort(int number, string? name, int expected)
    {
        await using var world = new World();
        world.Cluster.Put("services", "api", Service("api", """[{"name":"web","port":80,"targetPort":"http"},{"name":"admin","port":81,"targetPort":9090}]"""));
        world.Cluster.Put("pods", "a", Pod("a"));
        world.Cluster.Put("endpointslices", "s", Slice("api", """[{"name":"web","port":8080},{"name":"admin","port":9090}]""", Endpoint("a")));
        await using var answers = Resolve(world, Spec("api", number, name));

        Assert.Equal(expected, Assert.IsType<Resolution.Ready>(await answers.NextAsync()).Pods[0].Port);
    }

    [Fact]
    public async Task Service_NoSuchPort_ListsThePortsItHas()
    {
        await using var world = new World();
        world.Cluster.Put("services", "api", Service("api", """[{"name":"web","port":80,"targetPort":"http"},{"port":53,"protocol":"UDP"}]"""));
        world.Cluster.Put("pods", "a", Pod("a"));
        await using var answers = Resolve(world, Spec("api", 81));
        var fault = (await answers.UnavailableAsync()).Fault;
        Assert.Equal(FaultKind.PortNotFound, fault.Kind);
        Assert.Equal("It has 80 (web) → http, 53 → 53/udp.", fault.Hint);
    }

    [Theory]
    [InlineData(""","type":"ExternalName","externalName":"db.example" """, FaultKind.NotSupported)]
    [InlineData("", FaultKind.NoReadyPod)]
    public async Task Service_WithoutPods_SaysWhyItCannotBeForwarded(string more, FaultKind kind)
    {
        await using var world = new World();
        world.Cluster.Put("services", "api", Service("api", selector: "{}", more: more));
        world.Cluster.Put("endpointslices", "s", Slice("api", WebPorts, Endpoint(null)));
        await using var answers = Resolve(world, Spec("api", 80));
        Assert.Equal(kind, (await answers.UnavailableAsync()).Fault.Kind);
    }

    [Fact]
    public async Task Service_EndpointSlicesForbidden_UsesTheSelectorAndSaysSo()
    {
        await using var world = new World();
        world.Cluster.Forbid("list", "endpointslices");
        world.Cluster.Put("services", "api", Service("api"));
        world.Cluster.Put("pods", "a", Pod("a"));
        world.Cluster.Put("pods", "other", Pod("other", labels: """{"app":"db"}"""));
        await using var answers = Resolve(world, Spec("api", 80));
        var ready = Assert.IsType<Resolution.Ready>(await answers.NextAsync());
        Assert.Equal([("a", 8080)], ready.Pods.Select(p => (p.Name, p.Port)));
        Assert.Contains("endpointslices", ready.Warning);
    }

    [Fact]
    public async Task Service_OnlyGetAllowed_IsPolledByName()
    {
        await using var world = new World();
        world.Cluster.Forbid("list", "services");
        world.Cluster.Forbid("list", "pods");
        world.Cluster.Put("services", "api", Service("api"));
        world.Cluster.Put("endpointslices", "s", Slice("api", WebPorts, Endpoint("a")));
        await using var answers = Resolve(world, Spec("api", 80));
        var ready = Assert.IsType<Resolution.Ready>(await answers.NextAsync());
        Assert.Equal([("a", "a-uid")], ready.Pods.Select(p => (p.Name, p.Uid)));
        Assert.Contains("You may not list services", ready.Warning);
    }

    [Fact]
    public async Task Service_NothingAllowed_SaysWhatIsForbidden()
    {
        await using var world = new World();
        foreach (var verb in new[] { "list", "get" })
            world.Cluster.Forbid(verb, "services");
        await using var answers = Resolve(world, Spec("api", 80));
        var answer = await answers.UnavailableAsync();
        Assert.Equal((FaultKind.Forbidden, WaitingFor.Time), (answer.Fault.Kind, answer.WaitingFor));
        Assert.Contains("You may not get services in namespace 'shop'", answer.Fault.Message);
    }

    [Fact]
    public async Task Pod_ByName_FollowsItsReplacement()
    {
        await using var world = new World();
        world.Cluster.Put("pods", "web-0", Pod("web-0", uid: "1"));
        await using var answers = Resolve(world, Spec("web-0", 0, "http") with { WorkloadType = WorkloadType.Pod });
        var first = Assert.IsType<Resolution.Ready>(await answers.NextAsync()).Pods.Single();
        Assert.Equal(("1", 8080), (first.Uid, first.Port));

        world.Cluster.Put("pods", "web-0", Pod("web-0", uid: "1", terminating: true));
        Assert.Equal(FaultKind.NoReadyPod, (await answers.UnavailableAsync()).Fault.Kind);
        world.Cluster.Delete("pods", "web-0");
        Assert.Equal(FaultKind.PodNotFound, (await answers.UnavailableAsync()).Fault.Kind);
        world.Cluster.Put("pods", "web-0", Pod("web-0", uid: "2"));
        Assert.Equal("2", Assert.IsType<Resolution.Ready>(await answers.NextAsync()).Pods.Single().Uid);
    }

    [Fact]
    public async Task Pod_OnlyGetAllowed_IsPolledByName()
    {
        await using var world = new World();
        world.Cluster.Forbid("list", "pods");
        world.Cluster.Put("pods", "web-0", Pod("web-0"));
        await using var answers = Resolve(world, Spec("web-0", 8080) with { WorkloadType = WorkloadType.Pod });
        Assert.Contains("You may not list pods", Assert.IsType<Resolution.Ready>(await answers.NextAsync()).Warning);
    }

    [Theory]
    [InlineData("app in (web)", "a", null)]
    [InlineData("app=none", null, FaultKind.PodNotFound)]
    [InlineData("=", null, FaultKind.InvalidConfig)]
    public async Task Pod_BySelector_FindsTheReadyOnes(string selector, string? pod, FaultKind? kind)
    {
        await using var world = new World();
        world.Cluster.Put("pods", "a", Pod("a"));
        world.Cluster.Put("pods", "b", Pod("b", ready: false));
        await using var answers = Resolve(world, Spec(null, 8080) with { WorkloadType = WorkloadType.Pod, Selector = selector });
        var answer = await answers.NextAsync();
        Assert.Equal(pod, (answer as Resolution.Ready)?.Pods.Single().Name);
        Assert.Equal(kind, (answer as Resolution.Unavailable)?.Fault.Kind);
    }

    [Fact]
    public async Task Pod_NoSuchNamedPort_ListsThePortsItHas()
    {
        await using var world = new World();
        world.Cluster.Put("pods", "a", Pod("a"));
        await using var answers = Resolve(world, Spec("a", 0, "metrics") with { WorkloadType = WorkloadType.Pod });
        Assert.Equal("It has 8080 (http).", (await answers.UnavailableAsync()).Fault.Hint);
    }

    [Fact]
    public async Task Context_CurrentOneSwitched_IsFollowedUnlessPinned()
    {
        await using var world = new World();
        world.Cluster.Put("pods", "a", Pod("a"));
        world.Api("two.test").Put("pods", "a", Pod("a", uid: "two"));
        var spec = Spec("a", 8080) with { WorkloadType = WorkloadType.Pod };
        await using var following = Resolve(world, spec);
        await using var pinned = Resolve(world, spec with { Context = "one" });
        Assert.Equal("one", (await following.NextAsync()).Context);
        Assert.Equal("one", (await pinned.NextAsync()).Context);

        world.WriteKubeconfig(current: "two");

        var moved = Assert.IsType<Resolution.Ready>(await world.PassTimeUntil(following.NextAsync()));
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

        world.WriteKubeconfig(extra: "");
        var text = await File.ReadAllTextAsync(world.KubeconfigPath, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(world.KubeconfigPath, text.Replace("- {name: two, context", "- {name: three, context"), TestContext.Current.CancellationToken);
        world.Api("two.test").Put("pods", "a", Pod("a"));
        Assert.Equal("three", (await world.PassTimeUntil(answers.NextAsync())).Context);
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
        var uncertain = Assert.IsType<Resolution.Ready>(await world.PassTimeUntil(answers.NextAsync()));
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
    public async Task Cluster_AnswersOnlyWithErrors_KeepsTheKnownPods()
    {
        await using var world = new World();
        world.Cluster.Put("pods", "a", Pod("a"));
        await using var answers = Resolve(world, Spec("a", 8080) with { WorkloadType = WorkloadType.Pod });
        Assert.Equal(["a"], await answers.PodsAsync());
        world.Cluster.Refuse("watch", "pods", () => FakeApi.Status(HttpStatusCode.InternalServerError, "InternalError"));
        world.Cluster.EndWatches("pods");
        Assert.IsType<Resolution.Ready>(await world.PassTimeUntil(answers.NextAsync()));

        var next = answers.NextAsync();
        for (var i = 0; i < 600 && !next.IsCompleted; i++)
        {
            world.Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        Assert.False(next.IsCompleted);
        world.Cluster.Put("pods", "a", Pod("a", ready: false));
        world.Cluster.Allow("watch", "pods");
        await world.PassTimeUntil(next);
    }

    [Theory]
    [InlineData(WorkloadType.Proxy)]
    [InlineData(WorkloadType.Expose)]
    public async Task WorkloadType_NotSupported_IsAnAnswer(WorkloadType type)
    {
        await using var world = new World();
        await using var answers = Resolve(world, Spec("api", 80) with { WorkloadType = type });
        Assert.Equal(FaultKind.NotSupported, (await answers.UnavailableAsync()).Fault.Kind);
    }

    private static ForwardSpec Spec(string? service, int number, string? name = null) => new()
    {
        Id = "x", Alias = "x", Source = "s", Uri = "file:///x", Service = service, RemotePort = new(number, name),
    };

    private static Answers Resolve(World world, ForwardSpec spec) => new(new TargetResolver(world.Registry, world.Time), spec);

    /// <summary>Reads the answers one by one.</summary>
    private sealed class Answers : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        private readonly IAsyncEnumerator<Resolution> _answers;
        private Task<Resolution>? _pending;

        public Answers(TargetResolver resolver, ForwardSpec spec) =>
            _answers = resolver.ResolveAsync(spec, _stopping.Token).GetAsyncEnumerator(_stopping.Token);

        public async Task<Resolution> NextAsync()
        {
            var answer = await (_pending ??= MoveAsync()).WaitAsync(TimeSpan.FromSeconds(20));
            _pending = null;
            return answer;
        }

        public async Task<Resolution.Unavailable> UnavailableAsync() => Assert.IsType<Resolution.Unavailable>(await NextAsync());

        public async Task<IEnumerable<string>> PodsAsync() => Assert.IsType<Resolution.Ready>(await NextAsync()).Pods.Select(p => p.Name);

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            if (_pending is not null)
                await ((Task)_pending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _answers.DisposeAsync();
            _stopping.Dispose();
        }

        private async Task<Resolution> MoveAsync() =>
            await _answers.MoveNextAsync() ? _answers.Current : throw new InvalidOperationException("It ended.");
    }
}
