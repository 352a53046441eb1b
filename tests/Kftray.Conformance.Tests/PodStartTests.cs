using System.Text.Json.Nodes;
using Kftray.Testing;
using Kftray.Testing.Faults;
using Kftray.Testing.Pods;
using Kftray.Testing.Store;
using Kftray.Testing.World;

namespace Kftray.Conformance.Tests;

/// <summary>What can keep a pod from starting, as kubectl shows it, and that it starts when that is over.</summary>
public sealed class PodStartTests : TestBase
{
    [Fact]
    public async Task NodeSelectorThatNoNodeHas_LeavesThePodUnschedulable()
    {
        await using var cluster = await StartClusterAsync();
        var spec = RelayManifests.PodSpec("127.0.0.1", 1);
        spec["nodeSelector"] = new JsonObject { ["disk"] = "ssd" };
        cluster.World.Add(RelayManifests.Pod("relay", spec));
        await WaitAsync(cluster, pod => Scheduled(pod).Text("reason") == "Unschedulable");
        var kubectl = SignIn(cluster);
        Assert.Matches(@"relay\s+0/1\s+Pending", (await kubectl.RunAsync("get", "pods")).Succeeded());
        Assert.Contains(
            "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.", (await kubectl.RunAsync("describe", "pod", "relay")).Succeeded());

        cluster.Node.State = cluster.Node.State with { Labels = new Dictionary<string, string> { ["disk"] = "ssd" } };
        await cluster.Pods.WaitReadyByNameAsync("shop", "relay", TimeoutToken);
    }

    [Fact]
    public async Task Taint_KeepsAwayWhoDoesNotTolerateIt()
    {
        await using var cluster = await StartClusterAsync();
        cluster.Node.State = cluster.Node.State with { Taints = [new NodeTaint("dedicated", "db")] };
        cluster.World.AddPod("shop", "web", new PodSpec("web", "http", 80));
        var spec = RelayManifests.PodSpec("127.0.0.1", 1);
        spec["tolerations"] = new JsonArray(JsonNode.Parse("""{"key": "dedicated", "operator": "Equal", "value": "db", "effect": "NoSchedule"}"""));
        cluster.World.Add(RelayManifests.Pod("relay", spec));
        await cluster.Pods.WaitReadyByNameAsync("shop", "relay", TimeoutToken);
        await WaitAsync(cluster, pod => Scheduled(pod).Text("message")?.Contains("untolerated taint {dedicated: db}", StringComparison.Ordinal) == true, "web");
    }

    [Fact]
    public async Task CordonedNode_TakesPodsWhenItIsUncordoned()
    {
        await using var cluster = await StartClusterAsync();
        cluster.Node.State = cluster.Node.State with { IsCordoned = true };
        cluster.World.AddPod("shop", "web", new PodSpec("web", "http", 80));
        await WaitAsync(cluster, pod => Scheduled(pod).Text("message")?.Contains("were unschedulable", StringComparison.Ordinal) == true, "web");
        cluster.Node.State = cluster.Node.State with { IsCordoned = false };
        await cluster.Pods.WaitReadyByNameAsync("shop", "web", TimeoutToken);
    }

    [Fact]
    public async Task FailingPull_GoesFromErrImagePullToBackOff_AndThePodStartsWhenItIsHealed()
    {
        await using var cluster = await StartClusterAsync();
        const string Message = "failed to resolve reference \"ghcr.io/hcavarsan/kftray-server:latest\": denied";
        var seen = new List<string>();
        using (cluster.Break(new ImageFault("kftray-server") { Message = Message }))
        {
            cluster.World.Add(RelayManifests.Pod("relay", RelayManifests.PodSpec("127.0.0.1", 1)));
            await WaitAsync(cluster, pod => Note(seen, Waiting(pod)) == "ImagePullBackOff");
            Assert.Equal(["ErrImagePull", "ImagePullBackOff"], seen.Except(["ContainerCreating"]));
            var kubectl = SignIn(cluster);
            Assert.Matches(@"relay\s+0/1\s+(ImagePullBackOff|ErrImagePull)", (await kubectl.RunAsync("get", "pods")).Succeeded());
            Assert.Contains($"Failed to pull image \"{RelayManifests.LockstepImage}\": {Message}", (await kubectl.RunAsync("describe", "pod", "relay")).Succeeded());
        }

        await cluster.Pods.WaitReadyByNameAsync("shop", "relay", TimeoutToken);
    }

    [Fact]
    public async Task SlowPull_IsContainerCreating_AndDeletingThePodEndsIt()
    {
        await using var cluster = await StartClusterAsync();
        using var slow = cluster.Break(new ImageFault("*") { DelayMilliseconds = 600_000 });
        cluster.World.Add(RelayManifests.Pod("relay", RelayManifests.PodSpec("127.0.0.1", 1)));
        await WaitAsync(cluster, pod => Waiting(pod) == "ContainerCreating");
        Assert.Contains("Pulling image", (await SignIn(cluster).RunAsync("describe", "pod", "relay")).Succeeded());
        (await SignIn(cluster).RunAsync("delete", "pod", "relay", "--timeout=20s")).Succeeded();
    }

    [Fact]
    public async Task ImageWithoutAProgram_CannotBePulled_AndThePodSaysWhy()
    {
        await using var cluster = await StartClusterAsync(new() { Images = new Dictionary<string, PodProgram> { ["kftray-server"] = new("") } });
        var spec = RelayManifests.PodSpec("127.0.0.1", 1);
        spec.Items("containers").Single()["image"] = "example.test/kftray-server:1";
        cluster.World.Add(RelayManifests.Pod("relay", spec));
        await WaitAsync(cluster, pod => pod.Items("status", "containerStatuses").Any(status => status.Text("state", "waiting", "message")?.Contains("KFTRAY_SERVER", StringComparison.Ordinal) == true));
    }

    private Task WaitAsync(TestCluster cluster, Func<JsonObject, bool> condition, string pod = "relay") =>
        cluster.World.WaitAsync(ResourceKinds.Pods, "shop", pod, content => content is not null && condition(content), TimeoutToken);

    private static JsonObject? Scheduled(JsonObject pod) =>
        pod.Items("status", "conditions").FirstOrDefault(condition => condition.Text("type") == "PodScheduled" && condition.Text("status") == "False");

    private static string? Waiting(JsonObject pod) => pod.Items("status", "containerStatuses").Select(status => status.Text("state", "waiting", "reason")).FirstOrDefault();

    private static string? Note(List<string> seen, string? reason)
    {
        if (reason is not null && seen.LastOrDefault() != reason) seen.Add(reason);
        return reason;
    }
}
