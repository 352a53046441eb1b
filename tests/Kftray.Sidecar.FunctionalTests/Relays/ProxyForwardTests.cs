using System.Net;
using System.Net.Sockets;
using Kftray.Sidecar.Contract;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests.Relays;

public sealed class ProxyForwardTests : RelayTest
{
    [Theory]
    [InlineData("")]
    [InlineData($$""", "relay": { "image": "{{PublicImage}}" } """)]
    public async Task Host_BehindTheCluster_IsReached(string relay)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var forward = await StartProxyAsync("db", "tcp", server.LocalEndpoint, relay);

        using var client = await ConnectAsync(forward.Port);
        await client.SendTextAsync("hello", TimeoutToken);
        using var accepted = await server.AcceptSocketAsync(TimeoutToken);
        var buffer = new byte[5];
        await new NetworkStream(accepted).ReadExactlyAsync(buffer, TimeoutToken);
        Assert.Equal("hello"u8.ToArray(), buffer);

        // The server's last word arrives after the client has ended its side.
        client.Shutdown(SocketShutdown.Send);
        await accepted.SendAsync("bye"u8.ToArray(), SocketFlags.None, TimeoutToken);
        accepted.Shutdown(SocketShutdown.Send);
        Assert.Equal("bye"u8.ToArray(), await ReceiveAsync(client));
    }

    [Fact]
    public async Task Service_OfAnotherNamespace_IsReachedByItsName()
    {
        Assert.SkipUnless(Cluster.PodsResolveNames, "Names of the cluster need a mount namespace for each pod.");
        Cluster.World.AddNamespace("other");
        Cluster.World.AddApplication("other", "echo", "tcp-echo", port: 80, containerPort: 8080);
        await Cluster.WaitForServiceAsync("other", "echo", 80, TimeoutToken);
        var forward = await StartAsync("echo", """ "workload_type": "proxy", "remote_address": "echo.other.svc.cluster.local", "remote_port": 80 """);

        using var client = await ConnectAsync(forward.Port);
        await client.SendTextAsync("ping", TimeoutToken);
        Assert.Equal("ping"u8.ToArray(), await ReceiveAsync(client));
    }

    [Fact]
    public async Task Host_ThatDoesNotExist_IsAFaultThatSaysSo()
    {
        var forward = await StartAsync("db", """ "workload_type": "proxy", "remote_address": "no-such-host.invalid", "remote_port": 5432, "hold_seconds": 5 """);
        using var client = await ConnectAsync(forward.Port);
        await client.SendTextAsync("x", TimeoutToken);

        var snapshot = await WaitForAsync("db", s => s.Fault?.Kind == FaultKind.TargetNotFound);
        Assert.Contains("no-such-host.invalid", snapshot.Fault!.Message);
    }

    [Fact]
    public async Task Port_ThatNobodyListensOn_IsAFaultThatSaysSo()
    {
        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var forward = await StartProxyAsync("db", "tcp", free.LocalEndPoint!, """, "hold_seconds": 5 """);
        using var client = await ConnectAsync(forward.Port);
        await client.SendTextAsync("x", TimeoutToken);

        await WaitForAsync("db", s => s.Fault?.Kind == FaultKind.ConnectionRefused);
    }

    [Fact]
    public async Task Image_ThatCannotBePulled_IsAFault_AndTheRightOneHeals()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var target = (IPEndPoint)server.LocalEndpoint;
        string Config(string image) => $$"""{ "alias": "db", "workload_type": "proxy", "remote_address": "127.0.0.1", "remote_port": {{target.Port}}, "relay": { "image": "{{image}}" } }""";
        await UseClusterAsync(ClusterOptions with { Images = new Dictionary<string, Testing.Pods.PodProgram>(ClusterOptions.Images) { ["missing"] = new("") } });
        await ApplyAsync(Config("registry.example/missing:1"));
        var snapshot = await WaitForAsync("db", s => s.Fault?.Kind == FaultKind.RelayFailed);
        Assert.Contains("registry.example/missing:1", snapshot.Fault!.Message);

        await ApplyAsync(Config("ghcr.io/kftray/kftray-server:1"));
        await BecomesAsync("db", ForwardStatus.Active);
    }

    [Fact]
    public async Task User_WhoMayNotCreateJobs_IsToldWhichRoleIsMissing()
    {
        Cluster.Rbac.Deny("admin", "create", "jobs");
        await ApplyAsync("""{ "alias": "db", "workload_type": "proxy", "remote_address": "127.0.0.1", "remote_port": 1 }""");

        var snapshot = await WaitForAsync("db", s => s.Fault?.Kind == FaultKind.Forbidden);
        Assert.Contains("kind: Role", snapshot.Fault!.Hint);
    }
}
