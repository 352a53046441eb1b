using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Kftray.Testing;
using Kftray.Testing.Pods;
using Kftray.Testing.Relays;
using Kftray.Testing.Store;
using Kftray.Testing.World;

namespace Kftray.Conformance.Tests;

/// <summary>Our relay as a pod of the cluster: who reaches which of its ports, and what the desktop app's side makes of it.</summary>
public sealed class OurRelayTests : TestBase
{
    // What both ends have agreed on; written out, so that a change of the number on our side shows.
    private const int ControlPort = 40787;

    private const int TargetPort = 7000;

    [Fact]
    public async Task RelayOnLoopback_IsReachedByPortForward_AndByNoOtherPod()
    {
        Assert.SkipWhen(OperatingSystem.IsMacOS(), "There is one loopback address.");
        await using var cluster = await StartClusterAsync(WithOurRelay());
        var target = await AddTargetAsync(cluster, "udp-echo");
        var relay = await AddRelayAsync(cluster, target, ("LISTEN_ADDRESS", "127.0.0.1"));

        foreach (var port in new[] { RelayManifests.LocalPort, ControlPort })
        {
            using var other = new TcpClient();
            var refused = await Assert.ThrowsAsync<SocketException>(() => other.ConnectAsync(relay.Ip, port, TimeoutToken).AsTask());
            Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        }

        await using var forward = SignIn(cluster).Start(null, "port-forward", "job/relay", $":{RelayManifests.LocalPort}");
        using var client = await ConnectAsync(new IPEndPoint(IPAddress.Loopback, await forward.LocalPortAsync()));
        Assert.Equal("hello"u8.ToArray(), await new LockstepClient(client.GetStream()).AskAsync("hello"u8.ToArray(), TimeoutToken));
    }

    [Fact]
    public async Task ControlPort_WhichNoContainerDeclares_AnswersAHello()
    {
        await using var cluster = await StartClusterAsync(WithOurRelay());
        await AddRelayAsync(cluster, await AddTargetAsync(cluster, "udp-echo"), ("LISTEN_ADDRESS", "127.0.0.1"));
        await using var forward = SignIn(cluster).Start(null, "port-forward", "job/relay", $":{ControlPort}");
        using var client = await ConnectAsync(new IPEndPoint(IPAddress.Loopback, await forward.LocalPortAsync()));

        await client.GetStream().WriteAsync((byte[])[.. "KFTRAY"u8, 1, 1, 42], TimeoutToken);

        var header = new byte[3];
        await client.GetStream().ReadExactlyAsync(header, TimeoutToken);
        Assert.Equal(0, header[0]);
        var rest = new byte[header[2] + 1];
        await client.GetStream().ReadExactlyAsync(rest, TimeoutToken);
        Assert.Equal(42, rest[^1]);
    }

    [Fact]
    public async Task RelayWithoutAnAddress_ListensAtThePodsAddress_AsTheAppsRelaysDo()
    {
        await using var cluster = await StartClusterAsync(WithOurRelay());
        var relay = await AddRelayAsync(cluster, await AddTargetAsync(cluster, "udp-echo"));
        using var client = await ConnectAsync(relay.EndPointOf(RelayManifests.LocalPort)!);
        var lockstep = new LockstepClient(client.GetStream());
        for (byte i = 0; i < 100; i++) Assert.Equal([i, 1, 2], await lockstep.AskAsync(new byte[] { i, 1, 2 }, TimeoutToken));
    }

    [Fact]
    public async Task NameOfAService_LeadsOurRelayToItsPods()
    {
        await using var cluster = await StartClusterAsync(WithOurRelay());
        Assert.SkipUnless(cluster.PodsResolveNames, "Processes cannot be given their own name resolution here.");
        cluster.World.AddService("shop", "names", "target", new ServicePortSpec(TargetPort, "main", Protocol: "UDP"));
        await AddTargetAsync(cluster, "udp-echo");
        await cluster.WaitForServiceAsync("shop", "names", TargetPort, TimeoutToken, isUdp: true);
        var relay = await AddRelayAsync(cluster, "names.shop.svc.cluster.local", TargetPort);
        using var client = await ConnectAsync(relay.EndPointOf(RelayManifests.LocalPort)!);
        Assert.Equal("hello"u8.ToArray(), await new LockstepClient(client.GetStream()).AskAsync("hello"u8.ToArray(), TimeoutToken));
    }

    private async Task<TestPod> AddTargetAsync(TestCluster cluster, string behaviour)
    {
        cluster.World.AddPod("shop", "target", new PodSpec("target", behaviour, new PortSpec(TargetPort, "main", "UDP")));
        return await cluster.Pods.WaitReadyByNameAsync("shop", "target", TimeoutToken);
    }

    private Task<TestPod> AddRelayAsync(TestCluster cluster, TestPod target, params (string Name, string Value)[] environment)
    {
        var place = target.UdpEndPointOf(TargetPort)!;
        return AddRelayAsync(cluster, place.Address.ToString(), place.Port, environment);
    }

    private async Task<TestPod> AddRelayAsync(TestCluster cluster, string address, int port, params (string Name, string Value)[] environment)
    {
        var job = RelayManifests.Job("relay", address, port, "udp");
        var container = job.Items("spec", "template", "spec", "containers").Single();
        container["image"] = "example.test/team/kftray-server:1.0";
        foreach (var (name, value) in environment) container["env"]!.AsArray().Add((JsonNode)new JsonObject { ["name"] = name, ["value"] = value });
        cluster.World.Add(job);
        var pod = (await cluster.Pods.WaitReadyAsync("shop", "job-name=relay", TimeoutToken))[0];
        await pod.Process!.Log.LineAsync("listening on", TimeoutToken);
        return pod;
    }

    private async Task<TcpClient> ConnectAsync(IPEndPoint endPoint)
    {
        var client = new TcpClient();
        await client.ConnectAsync(endPoint, TimeoutToken);
        return client;
    }

    /// <summary>The binary that KFTRAY_SERVER names, else the one that was built last.</summary>
    private static TestClusterOptions WithOurRelay()
    {
        if (Environment.GetEnvironmentVariable("KFTRAY_SERVER") is { Length: > 0 }) return new();
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "dist", "server", OperatingSystem.IsWindows() ? "kftray-server.exe" : "kftray-server");
            if (File.Exists(candidate)) return new() { Images = new Dictionary<string, PodProgram> { ["kftray-server"] = new(candidate) } };
        }

        throw new InvalidOperationException("The relay is missing: npm run build makes it, or name it in KFTRAY_SERVER.");
    }
}
