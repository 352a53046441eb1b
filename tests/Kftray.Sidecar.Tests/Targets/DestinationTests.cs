using System.Text.Json.Nodes;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Tests.Kubernetes;
using Xunit;
using static Kftray.Sidecar.Tests.Kubernetes.Objects;
using static Kftray.Sidecar.Tests.Targets.Answers;

namespace Kftray.Sidecar.Tests.Targets;

/// <summary>Where the relay of a forward is told to lead.</summary>
public sealed class DestinationTests
{
    private const string Dns = """[{"name":"dns","port":53,"targetPort":"dns","protocol":"UDP"},{"name":"web","port":80,"targetPort":8080}]""";
    private const string DnsPod = """[{"name":"dns","containerPort":5353,"protocol":"UDP"},{"name":"stats","containerPort":8125,"protocol":"UDP"}]""";

    [Theory]
    [InlineData("db.internal", "db.internal")]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8::7", "2001:db8::7")]
    [InlineData("[2001:db8::7]", "2001:db8::7")]
    [InlineData("db.other-namespace.svc.cluster.local", "db.other-namespace.svc.cluster.local")]
    public async Task Proxy_LeadsToTheHostOfTheConfig(string address, string host)
    {
        await using var world = new World();
        await AssertLeadsToAsync(world, Spec(null, 5432) with { WorkloadType = WorkloadType.Proxy, RemoteAddress = address }, host, 5432, "tcp");
    }

    [Theory]
    [InlineData(53, null, "dns.shop.svc", 53)]
    [InlineData(0, "dns", "dns.shop.svc", 53)]
    [InlineData(8125, null, "10.0.0.7", 8125)]
    public async Task UdpService_LeadsToItsName_OrToAPodWhereThePortIsThePods(int number, string? name, string host, int port)
    {
        await using var world = new World();
        world.Cluster.Put("services", "dns", Service("dns", Dns));
        world.Cluster.Put("pods", "web-0", PodAt("10.0.0.7"));
        await AssertLeadsToAsync(world, Udp(Spec("dns", number, name)), host, port, "udp");
    }

    [Fact]
    public async Task UdpService_ThatIsHeadless_LeadsToThePortOfThePods()
    {
        await using var world = new World();
        world.Cluster.Put("services", "dns", Service("dns", Dns, more: ""","clusterIP":"None" """));
        world.Cluster.Put("pods", "web-0", PodAt("10.0.0.7"));
        await AssertLeadsToAsync(world, Udp(Spec("dns", 53)), "dns.shop.svc", 5353, "udp");
    }

    [Fact]
    public async Task UdpService_WithoutSuchAPort_SaysWhichItHas()
    {
        await using var world = new World();
        world.Cluster.Put("services", "dns", Service("dns", Dns));
        world.Cluster.Put("pods", "web-0", PodAt("10.0.0.7"));
        await using var answers = Resolve(world, Udp(Spec("dns", 80)));

        var fault = (await answers.UnavailableAsync()).Fault;
        Assert.Equal(FaultKind.PortNotFound, fault.Kind);
        Assert.Contains("53 (dns)", fault.Hint);
    }

    [Fact]
    public async Task UdpPod_LeadsToItsAddress_AndAlongWhenItIsReplaced()
    {
        await using var world = new World();
        var spec = Udp(Spec("web-0", 0, "dns")) with { WorkloadType = WorkloadType.Pod };
        await using var answers = Resolve(world, spec);
        Assert.Equal(FaultKind.PodNotFound, (await answers.UnavailableAsync()).Fault.Kind);

        world.Cluster.Put("pods", "web-0", PodAt("10.0.0.7"));
        Assert.Equal(FaultKind.RelayStarting, (await answers.UnavailableAsync()).Fault.Kind);
        Assert.Equal(["10.0.0.7"], Addresses(world));
        world.Cluster.Put("pods", "web-0", PodAt("10.0.0.8"));
        // The resolver looks for as long as its next answer is waited for.
        var next = answers.NextAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (Addresses(world).Count < 2 && !next.IsFaulted)
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        Assert.Equal(["10.0.0.7", "10.0.0.8"], Addresses(world));
    }

    [Fact]
    public async Task ExistingRelay_IsFoundBehindItsService_AndNothingIsCreated()
    {
        await using var world = new World();
        world.Cluster.Put("services", "relays", Service("relays"));
        world.Cluster.Put("pods", "web-0", Pod("web-0"));
        world.Cluster.Put("endpointslices", "relays-abc", Slice("relays", """[{"name":"web","port":8080}]""", Endpoint("web-0")));
        var relay = RelaySpec.Default with { Service = "relays" };
        await using var answers = Resolve(world, Udp(Spec("anything", 53)) with { Relay = relay });

        var pod = Assert.Single(Assert.IsType<Resolution.Ready>(await answers.NextAsync()).Pods);
        Assert.Equal(("web-0", 8080), (pod.Name, pod.Port));
        Assert.IsType<Sidecar.Relay.RelayDialer>(pod.Dialer);
        Assert.Empty(world.Cluster.Created);
    }

    private static ForwardSpec Udp(ForwardSpec spec) => spec with { Protocol = ForwardProtocol.Udp, Relay = RelaySpec.Default };

    private static string PodAt(string address)
    {
        var pod = JsonNode.Parse(Pod("web-0", ports: DnsPod))!;
        pod["status"]!["podIP"] = address;
        return pod.ToJsonString();
    }

    private static async Task AssertLeadsToAsync(World world, ForwardSpec spec, string host, int port, string protocol)
    {
        await using var answers = Resolve(world, spec with { Relay = RelaySpec.Default });
        Assert.Equal(FaultKind.RelayStarting, (await answers.UnavailableAsync()).Fault.Kind);
        var env = Assert.Single(world.Cluster.Created.Select(Environment));
        Assert.Equal((host, port.ToString(), protocol), (env["REMOTE_ADDRESS"], env["REMOTE_PORT"], env["PROXY_TYPE"]));
    }

    private static List<string> Addresses(World world) => [.. world.Cluster.Created.Select(job => Environment(job)["REMOTE_ADDRESS"])];

    private static Dictionary<string, string> Environment(string job) =>
        JsonNode.Parse(job)!["spec"]!["template"]!["spec"]!["containers"]![0]!["env"]!.AsArray()
            .ToDictionary(entry => entry!["name"]!.GetValue<string>(), entry => entry!["value"]!.GetValue<string>());
}
