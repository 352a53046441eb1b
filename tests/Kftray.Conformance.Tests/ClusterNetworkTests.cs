using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Kftray.Testing;
using Kftray.Testing.Pods;
using Kftray.Testing.Store;
using Kftray.Testing.World;

namespace Kftray.Conformance.Tests;

/// <summary>Services as addresses, and names as the processes of pods look them up.</summary>
public sealed class ClusterNetworkTests : TestBase
{
    [Theory]
    [InlineData("echo")]
    [InlineData("echo.shop")]
    [InlineData("echo.shop.svc.cluster.local")]
    [InlineData("headless.shop.svc")]
    public async Task NameOfAService_LeadsAProcessToItsPods(string name)
    {
        await using var cluster = await StartWithNamesAsync();
        cluster.World.AddApplication("shop", "echo", "tcp-echo", 7000, 7000);
        cluster.World.AddService("shop", "headless", "echo", new ServicePortSpec(7000)).Read();
        cluster.World.Update(ResourceKinds.Services, "shop", "headless", service => service.Child("spec")["clusterIP"] = "None");
        await cluster.Pods.WaitReadyAsync("shop", "app=echo", TimeoutToken);
        await cluster.WaitForServiceAsync("shop", "echo", 7000, TimeoutToken);
        await WaitForEndpointsAsync(cluster, "headless", 1);
        var relay = await AddRelayAsync(cluster, name, 7000);
        await ExpectEchoAsync(relay.EndPointOf(RelayManifests.LocalPort)!);
    }

    [Fact]
    public async Task ExternalName_LeadsOutOfTheCluster_AndAChangedAnswerIsFollowed()
    {
        await using var cluster = await StartWithNamesAsync();
        using var first = Listen();
        using var second = Listen(((IPEndPoint)first.LocalEndpoint).Port, IPAddress.Parse("127.0.0.2"));
        cluster.Dns.Set("db.example.test", IPAddress.Loopback);
        cluster.World.Add(JsonNode.Parse("""
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "db", "namespace": "shop"}, "spec": {"type": "ExternalName", "externalName": "db.example.test"}}
            """)!.AsObject());
        var relay = await AddRelayAsync(cluster, "db", ((IPEndPoint)first.LocalEndpoint).Port);
        using var client = await ConnectAsync(relay.EndPointOf(RelayManifests.LocalPort)!);
        using var accepted = await first.AcceptSocketAsync(TimeoutToken);

        cluster.Dns.Set("db.example.test", IPAddress.Parse("127.0.0.2"));

        using var other = await ConnectAsync(relay.EndPointOf(RelayManifests.LocalPort)!);
        using var acceptedThere = await second.AcceptSocketAsync(TimeoutToken);
    }

    [Fact]
    public async Task UnknownName_IsUnknown()
    {
        await using var cluster = await StartWithNamesAsync();
        var relay = await AddRelayAsync(cluster, "nobody.shop.svc.cluster.local", 7000);
        using var client = await ConnectAsync(relay.EndPointOf(RelayManifests.LocalPort)!);
        Assert.Contains("not known", await relay.Process!.Log.LineAsync("connection ended", TimeoutToken));
    }

    [Fact]
    public async Task Localhost_IsThePodsOwn()
    {
        await using var cluster = await StartWithNamesAsync();
        using var machine = Listen();
        var relay = await AddRelayAsync(cluster, "localhost", ((IPEndPoint)machine.LocalEndpoint).Port);
        using var client = await ConnectAsync(relay.EndPointOf(RelayManifests.LocalPort)!);
        Assert.Contains("refused", await relay.Process!.Log.LineAsync("connection ended", TimeoutToken));
    }

    [Fact]
    public async Task ClusterAddress_RefusesWithoutReadyPods_AndFollowsThem()
    {
        Assert.SkipWhen(OperatingSystem.IsMacOS(), "There is one loopback address.");
        await using var cluster = await StartClusterAsync();
        cluster.World.AddService("shop", "echo", "echo", new ServicePortSpec(7000, "7001"));
        var address = new IPEndPoint(IPAddress.Parse(cluster.World.Find(ResourceKinds.Services, "shop", "echo")!.Read().Text("spec", "clusterIP")!), 7000);
        await WaitForEndpointsAsync(cluster, "echo", 0);
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(address))).SocketErrorCode);

        cluster.World.AddPod("shop", "echo", new PodSpec("echo", "tcp-echo", 7001));
        Assert.Equal(address, await cluster.WaitForServiceAsync("shop", "echo", 7000, TimeoutToken));
        await ExpectEchoAsync(address);
    }

    [Fact]
    public async Task ClusterAddress_LeadsDatagramsBothWays()
    {
        Assert.SkipWhen(OperatingSystem.IsMacOS(), "There is one loopback address.");
        await using var cluster = await StartClusterAsync();
        cluster.World.AddPod("shop", "echo", new PodSpec("echo", "udp-echo", new PortSpec(7000, "dns", "UDP")));
        cluster.World.AddService("shop", "echo", "echo", new ServicePortSpec(5300, "dns", Protocol: "UDP"));
        using var client = new UdpClient();
        client.Connect(await cluster.WaitForServiceAsync("shop", "echo", 5300, TimeoutToken, isUdp: true));
        foreach (var length in new[] { 3, 0, 65_507 })
        {
            await client.SendAsync(new byte[length], TimeoutToken);
            Assert.Equal(length, (await client.ReceiveAsync(TimeoutToken)).Buffer.Length);
        }
    }

    private async Task<TestCluster> StartWithNamesAsync()
    {
        var cluster = await StartClusterAsync();
        if (cluster.PodsResolveNames) return cluster;
        await cluster.DisposeAsync();
        Assert.Skip("Processes cannot be given their own name resolution here.");
        return cluster;
    }

    private async Task<TestPod> AddRelayAsync(TestCluster cluster, string remoteAddress, int remotePort)
    {
        cluster.World.Add(RelayManifests.Pod("relay", RelayManifests.PodSpec(remoteAddress, remotePort)));
        var pod = await cluster.Pods.WaitReadyByNameAsync("shop", "relay", TimeoutToken);
        await pod.Process!.Log.LineAsync("listening on", TimeoutToken);
        return pod;
    }

    private Task WaitForEndpointsAsync(TestCluster cluster, string service, int count) => cluster.World.WaitAnyAsync(
        ResourceKinds.EndpointSlices,
        "shop",
        slice => slice.Text("metadata", "labels", "kubernetes.io/service-name") == service
            && slice.Items("endpoints").Count(endpoint => endpoint["conditions"]!["ready"]!.GetValue<bool>()) == count,
        TimeoutToken);

    private async Task ExpectEchoAsync(IPEndPoint endPoint)
    {
        using var client = await ConnectAsync(endPoint);
        var stream = client.GetStream();
        await stream.WriteAsync("hello"u8.ToArray(), TimeoutToken);
        client.Client.Shutdown(SocketShutdown.Send);
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer, TimeoutToken);
        Assert.Equal("hello"u8, answer.ToArray());
    }

    private async Task<TcpClient> ConnectAsync(IPEndPoint endPoint)
    {
        var client = new TcpClient();
        await client.ConnectAsync(endPoint, TimeoutToken);
        return client;
    }

    private static TcpListener Listen(int port = 0, IPAddress? address = null)
    {
        var listener = new TcpListener(address ?? IPAddress.Loopback, port);
        listener.Start();
        return listener;
    }
}
