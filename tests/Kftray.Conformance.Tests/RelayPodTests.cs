using System.Net.Sockets;
using System.Text.Json.Nodes;
using Kftray.Testing;
using Kftray.Testing.Pods;
using Kftray.Testing.Store;
using Kftray.Testing.World;

namespace Kftray.Conformance.Tests;

/// <summary>Pods that are processes of this machine.</summary>
public sealed class RelayPodTests : TestBase
{
    [Fact]
    public async Task PortForward_ToAPortThatNoContainerDeclares_ReachesTheProcess()
    {
        await using var cluster = await StartClusterAsync();
        var target = await AddEchoAsync(cluster);
        await AddRelayAsync(cluster, RelayManifests.PodSpec(target.Address.ToString(), target.Port));
        await using var forward = SignIn(cluster).Start(null, "port-forward", "pod/relay", $":{RelayManifests.LocalPort}");
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", await forward.LocalPortAsync(), TimeoutToken);

        await client.GetStream().WriteAsync("hello"u8.ToArray(), TimeoutToken);

        var answer = new byte[5];
        await client.GetStream().ReadExactlyAsync(answer, TimeoutToken);
        Assert.Equal("hello"u8, answer);
    }

    [Fact]
    public async Task PortForward_ToAPortOnWhichTheProcessDoesNotListen_IsRefused()
    {
        await using var cluster = await StartClusterAsync();
        await AddRelayAsync(cluster, RelayManifests.PodSpec("127.0.0.1", 1));
        await using var forward = SignIn(cluster).Start(null, "port-forward", "pod/relay", ":40787");
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", await forward.LocalPortAsync(), TimeoutToken);
        await client.GetStream().WriteAsync("hello"u8.ToArray(), TimeoutToken);
        await forward.LineAsync("connection refused");
    }

    [Fact]
    public async Task ProgramOfTheTest_ListensOnThePodsOwnLoopback_WhichOtherPodsDoNotReach()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The program of this test is a shell.");
        var images = new Dictionary<string, PodProgram> { ["printer"] = new("/bin/sh", "-c", "echo $LISTEN_ADDRESS $GREETING $1; exec sleep 60", "sh") };
        await using var cluster = await StartClusterAsync(new() { Images = images });
        var spec = RelayManifests.PodSpec("127.0.0.1", 1);
        var container = spec.Items("containers").Single();
        container["image"] = "registry.example:5000/tools/printer:1.0@sha256:00";
        container["args"] = new JsonArray("world");
        container["env"] = new JsonArray(
            new JsonObject { ["name"] = "LISTEN_ADDRESS", ["value"] = "127.0.0.1" }, new JsonObject { ["name"] = "GREETING", ["value"] = "hello" });
        cluster.World.Add(RelayManifests.Pod("relay", spec));
        var pod = await cluster.Pods.WaitReadyByNameAsync("shop", "relay", TimeoutToken);

        Assert.Equal($"{pod.Loopback} hello world", await pod.Process!.Log.LineAsync("hello", TimeoutToken));
        Assert.NotEqual(pod.Ip, pod.Loopback);
    }

    [Fact]
    public async Task ProcessThatDoesNotHeedSigterm_IsKilledAfterItsGrace()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The program of this test is a shell.");
        var images = new Dictionary<string, PodProgram> { ["deaf"] = new("/bin/sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done") };
        await using var cluster = await StartClusterAsync(new() { Images = images });
        var spec = RelayManifests.PodSpec("127.0.0.1", 1);
        spec["terminationGracePeriodSeconds"] = 1;
        spec.Items("containers").Single()["image"] = "deaf";
        cluster.World.Add(RelayManifests.Pod("relay", spec));
        var pod = await cluster.Pods.WaitReadyByNameAsync("shop", "relay", TimeoutToken);
        await pod.Process!.Log.LineAsync("deaf", TimeoutToken);

        cluster.Pods.Delete(pod);

        Assert.Equal(137, (await pod.Process.Exited.WaitAsync(TimeoutToken)).Code);
        await cluster.Pods.WaitGoneAsync(pod, TimeoutToken);
    }

    [Fact]
    public async Task ProcessThatEnds_IsStartedAgain_WhereThePolicySaysSo()
    {
        await using var cluster = await StartClusterAsync();
        var spec = RelayManifests.PodSpec("127.0.0.1", 1);
        spec["restartPolicy"] = "Always";
        var pod = await AddRelayAsync(cluster, spec);
        var first = pod.Process!;
        first.Kill();
        await cluster.World.WaitAsync(
            ResourceKinds.Pods, "shop", "relay", content => content.Items("status", "containerStatuses").Single().Number("restartCount") == 1, TimeoutToken);
        await cluster.Pods.WaitReadyByNameAsync("shop", "relay", TimeoutToken);
        Assert.NotEqual(first.Id, pod.Process!.Id);
    }

    [Fact]
    public async Task DisposedCluster_LeavesNoProcess()
    {
        TestPod pod;
        await using (var cluster = await StartClusterAsync()) pod = await AddRelayAsync(cluster, RelayManifests.PodSpec("127.0.0.1", 1));
        Assert.True(pod.Process!.Exited.IsCompleted);
    }

    private async Task<TestPod> AddRelayAsync(TestCluster cluster, JsonObject spec)
    {
        cluster.World.Add(RelayManifests.Pod("relay", spec));
        var pod = await cluster.Pods.WaitReadyByNameAsync("shop", "relay", TimeoutToken);
        await pod.Process!.Log.LineAsync("listening on", TimeoutToken);
        return pod;
    }

    private async Task<System.Net.IPEndPoint> AddEchoAsync(TestCluster cluster)
    {
        cluster.World.AddPod("shop", "echo", new PodSpec("echo", "tcp-echo", 7000));
        return (await cluster.Pods.WaitReadyByNameAsync("shop", "echo", TimeoutToken)).EndPointOf(7000)!;
    }
}
