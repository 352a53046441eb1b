using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Tests.Kubernetes;
using Xunit;
using static Kftray.Sidecar.Tests.Kubernetes.Objects;
using static Kftray.Sidecar.Tests.Targets.Answers;

namespace Kftray.Sidecar.Tests.Targets;

public sealed class ServiceResolverTests
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

    [Fact]
    public async Task Service_ChangedOrCreatedAgain_IsFollowed()
    {
        await using var world = new World();
        world.Cluster.Put("services", "api", Service("api"));
        world.Cluster.Put("pods", "a", Pod("a"));
        world.Cluster.Put("pods", "b", Pod("b", labels: """{"app":"other"}""", ports: """[{"name":"http","containerPort":9000}]"""));
        world.Cluster.Put("endpointslices", "s", Slice("api", WebPorts, Endpoint("a")));
        await using var answers = Resolve(world, Spec("api", 80));
        Assert.Equal(["a"], await answers.PodsAsync());

        // Another selector: the controller writes other endpoints.
        world.Cluster.Put("services", "api", Service("api", selector: """{"app":"other"}"""));
        world.Cluster.Put("endpointslices", "s", Slice("api", WebPorts, Endpoint("b")));
        Assert.Equal(["b"], await answers.PodsAsync());

        // Another target port.
        world.Cluster.Put("endpointslices", "s", Slice("api", """[{"name":"web","port":9000}]""", Endpoint("b")));
        Assert.Equal(9000, Assert.IsType<Resolution.Ready>(await answers.NextAsync()).Pods.Single().Port);

        world.Cluster.Delete("services", "api");
        Assert.Equal(FaultKind.ServiceNotFound, (await answers.UnavailableAsync()).Fault.Kind);
        world.Cluster.Put("services", "api", Service("api"));
        Assert.Equal(["b"], await answers.PodsAsync());
    }

    [Fact]
    public async Task Service_WithoutASelectorWhoseEndpointsArePods_LeadsToThem()
    {
        await using var world = new World();
        world.Cluster.Put("services", "api", Service("api", selector: "{}"));
        world.Cluster.Put("pods", "a", Pod("a"));
        world.Cluster.Put("endpointslices", "s", Slice("api", WebPorts, Endpoint("a"), Endpoint(null)));
        await using var answers = Resolve(world, Spec("api", 80));
        Assert.Equal(["a"], await answers.PodsAsync());
    }

    [Fact]
    public async Task Service_NothingMayBeWatched_IsPolledAndSaysSo()
    {
        await using var world = new World();
        foreach (var kind in new[] { "services", "endpointslices", "pods" })
            world.Cluster.Forbid("watch", kind);
        world.Cluster.Put("services", "api", Service("api"));
        world.Cluster.Put("pods", "a", Pod("a"));
        world.Cluster.Put("pods", "b", Pod("b"));
        world.Cluster.Put("endpointslices", "s", Slice("api", WebPorts, Endpoint("a")));
        await using var answers = Resolve(world, Spec("api", 80));
        Resolution answer;
        do
            answer = await world.PassTimeUntil(answers.NextAsync());
        while (answer.Warning?.Split("changes are seen up to 2 s late").Length != 4);

        await world.Time.Armed(TimeSpan.FromSeconds(2));
        world.Cluster.Put("endpointslices", "s", Slice("api", WebPorts, Endpoint("b")));
        Assert.Equal(["b"], (await world.PassTimeUntil(answers.PodsAsync())));
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
        Assert.Equal("Its ports are 80 (web) → http, 53 → 53/udp.", fault.Hint);
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
}
