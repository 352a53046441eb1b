using Kftray.Testing.Store;
using Kftray.Testing.World;

namespace Kftray.Conformance.Tests;

/// <summary>What an unmodified kubectl changes.</summary>
public sealed class KubectlChangeTests : TestBase
{
    [Fact]
    public async Task RolloutRestart_ReplacesEveryPod_AndStatusWaitsForIt()
    {
        await using var cluster = await StartClusterAsync();
        var kubectl = SignIn(cluster);
        cluster.World.AddApplication("shop", "web", "http", 80, 8080, replicas: 2);
        var before = await cluster.Pods.WaitReadyAsync("shop", "app=web", TimeoutToken, count: 2);

        Assert.Equal("deployment.apps/web restarted\n", (await kubectl.RunAsync("rollout", "restart", "deployment/web")).Succeeded());
        Assert.Contains("successfully rolled out", (await kubectl.RunAsync("rollout", "status", "deployment/web", "--timeout=30s")).Succeeded());

        var after = cluster.Pods.Ready("shop", "app=web");
        Assert.Equal(2, after.Count);
        Assert.Empty(after.Select(pod => pod.Uid).Intersect(before.Select(pod => pod.Uid)));
        foreach (var pod in before) await cluster.Pods.WaitGoneAsync(pod, TimeoutToken);
        Assert.All(before, pod => Assert.True(pod.IsRemoved));
    }

    [Fact]
    public async Task RolloutRestart_OfASinglePod_LeavesNoMomentWithoutAReadyOne()
    {
        await using var cluster = await StartClusterAsync();
        cluster.World.AddApplication("shop", "web", "http", 80, 8080);
        var old = (await cluster.Pods.WaitReadyAsync("shop", "app=web", TimeoutToken))[0];
        (await SignIn(cluster).RunAsync("rollout", "restart", "deployment/web")).Succeeded();
        await cluster.World.WaitAsync(ResourceKinds.Pods, "shop", old.Name, pod => pod is null || pod.Text("metadata", "deletionTimestamp") is not null, TimeoutToken);
        Assert.Contains(cluster.Pods.Ready("shop", "app=web"), pod => pod.Uid != old.Uid);
    }

    [Fact]
    public async Task Scale_ChangesTheNumberOfPods_AndTheEndpoints()
    {
        await using var cluster = await StartClusterAsync();
        var kubectl = SignIn(cluster);
        cluster.World.AddApplication("shop", "web", "http", 80, 8080);

        Assert.Equal("deployment.apps/web scaled\n", (await kubectl.RunAsync("scale", "deployment/web", "--replicas=3")).Succeeded());
        await WaitForEndpointsAsync(3);
        (await kubectl.RunAsync("scale", "deployment/web", "--replicas=0")).Succeeded();
        await WaitForEndpointsAsync(0);

        Task WaitForEndpointsAsync(int count) => cluster.World.WaitAsync(
            ResourceKinds.EndpointSlices,
            "shop",
            cluster.World.List(ResourceKinds.EndpointSlices, "shop").Single().Name,
            slice => slice.Items("endpoints").Count(endpoint => endpoint["conditions"]!["ready"]!.GetValue<bool>()) == count,
            TimeoutToken);
    }

    [Fact]
    public async Task DeletePod_OfADeployment_ReturnsWhenItIsGone_AndAnotherTakesItsPlace()
    {
        await using var cluster = await StartClusterAsync();
        cluster.World.AddApplication("shop", "web", "http", 80, 8080);
        var pod = (await cluster.Pods.WaitReadyAsync("shop", "app=web", TimeoutToken))[0];

        Assert.Contains($"pod \"{pod.Name}\" deleted", (await SignIn(cluster).RunAsync("delete", "pod", pod.Name)).Succeeded());

        Assert.Null(cluster.World.Find(ResourceKinds.Pods, "shop", pod.Name));
        await cluster.Pods.WaitReadyAsync("shop", "app=web", TimeoutToken);
    }

    [Fact]
    public async Task DeletePod_ByForce_DoesNotWaitForTheApplication()
    {
        await using var cluster = await StartClusterAsync(new() { PodTiming = new() { TerminationDelayMs = 30_000 } });
        cluster.World.AddPod("shop", "db", new PodSpec("db", "http", 5432));
        var pod = await cluster.Pods.WaitReadyByNameAsync("shop", "db", TimeoutToken);
        (await SignIn(cluster).RunAsync("delete", "pod", "db", "--force", "--grace-period=0")).Succeeded();
        await cluster.Pods.WaitGoneAsync(pod, TimeoutToken);
    }

    [Fact]
    public async Task CreateApplyLabelAndDelete_OfAService_RoundTrip()
    {
        await using var cluster = await StartClusterAsync();
        var kubectl = SignIn(cluster);
        const string Manifest = """
            apiVersion: v1
            kind: Service
            metadata:
              name: api
            spec:
              selector: {app: api}
              ports: [{name: http, port: PORT, targetPort: http}]
            """;

        (await kubectl.RunAsync(Manifest.Replace("PORT", "80"), ["apply", "-f", "-"])).Succeeded();
        (await kubectl.RunAsync(Manifest.Replace("PORT", "81"), ["apply", "-f", "-"])).Succeeded();
        (await kubectl.RunAsync("label", "service", "api", "team=blue")).Succeeded();
        var stored = cluster.World.Find(ResourceKinds.Services, "shop", "api")!;
        Assert.Equal("blue", stored.Labels["team"]);
        Assert.Equal(81, Assert.Single(stored.Read().Items("spec", "ports")).Number("port"));
        Assert.Contains("AlreadyExists", (await kubectl.RunAsync(Manifest.Replace("PORT", "82"), ["create", "-f", "-"])).Failed());
        (await kubectl.RunAsync("delete", "service", "api")).Succeeded();
        Assert.Null(cluster.World.Find(ResourceKinds.Services, "shop", "api"));
    }

    [Fact]
    public async Task DeleteNamespace_TakesEverythingInItAlong()
    {
        await using var cluster = await StartClusterAsync();
        cluster.World.AddApplication("other", "web", "http", 80, 8080);
        await cluster.Pods.WaitReadyAsync("other", "app=web", TimeoutToken);
        (await SignIn(cluster).RunAsync("delete", "namespace", "other", "--timeout=30s")).Succeeded();
        Assert.Empty(cluster.World.List(ResourceKinds.Pods, "other"));
        Assert.Empty(cluster.World.List(ResourceKinds.EndpointSlices, "other"));
    }
}
