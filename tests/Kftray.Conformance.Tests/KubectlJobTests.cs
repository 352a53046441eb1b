using Kftray.Testing;
using Kftray.Testing.Store;
using Kftray.Testing.World;

namespace Kftray.Conformance.Tests;

/// <summary>Jobs, as an unmodified kubectl makes, shows, awaits and deletes them.</summary>
public sealed class KubectlJobTests : TestBase
{
    [Fact]
    public async Task CreateGetDescribeAndLogs_OfAJob_ShowItsPod()
    {
        await using var cluster = await StartClusterAsync();
        var kubectl = SignIn(cluster);
        (await kubectl.RunAsync(RelayManifests.Job("relay", "127.0.0.1", 1).ToJsonString(), ["create", "-f", "-"])).Succeeded();
        var pod = (await cluster.Pods.WaitReadyAsync("shop", "job-name=relay", TimeoutToken))[0];
        await pod.Process!.Log.LineAsync("listening on", TimeoutToken);
        await WaitForJobAsync(cluster, job => job.Number("status", "ready") == 1);

        var lines = (await kubectl.RunAsync("get", "jobs")).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["NAME", "STATUS", "COMPLETIONS", "DURATION", "AGE"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Matches(@"^relay\s+Running\s+0/1\s+\d+s\s+\d+s$", lines[1]);
        Assert.Contains("job.batch/relay", (await kubectl.RunAsync("get", "all")).Succeeded());
        var described = (await kubectl.RunAsync("describe", "job", "relay")).Succeeded();
        Assert.Contains("1 Active (1 Ready) / 0 Succeeded / 0 Failed", described);
        Assert.Contains($"Created pod: {pod.Name}", described);
        Assert.Contains("Controlled By:  Job/relay", (await kubectl.RunAsync("describe", "pod", pod.Name)).Succeeded());
        Assert.Contains($"listening on {pod.Ip}:{RelayManifests.LocalPort}", (await kubectl.RunAsync("logs", "job/relay")).Succeeded());
        Assert.StartsWith("relay-", pod.Name);
        var stored = cluster.World.Find(ResourceKinds.Pods, "shop", pod.Name)!;
        Assert.Equal(cluster.World.Find(ResourceKinds.Jobs, "shop", "relay")!.Uid, stored.Labels["batch.kubernetes.io/controller-uid"]);
    }

    [Theory]
    [InlineData("background")]
    [InlineData("foreground")]
    public async Task Delete_TakesThePodAndItsProcessAlong(string cascade)
    {
        await using var cluster = await StartClusterAsync();
        var pod = await StartAsync(cluster);

        Assert.Equal("job.batch \"relay\" deleted from shop namespace\n", (await SignIn(cluster).RunAsync("delete", "job", "relay", $"--cascade={cascade}")).Succeeded());

        if (cascade == "foreground") Assert.Null(cluster.World.Find(ResourceKinds.Pods, "shop", pod.Name));
        await cluster.Pods.WaitGoneAsync(pod, TimeoutToken);
        Assert.Equal(0, (await pod.Process!.Exited).Code);
        Assert.Null(cluster.World.Find(ResourceKinds.Jobs, "shop", "relay"));
    }

    [Fact]
    public async Task DeleteWithOrphans_LeavesThePodToNobody()
    {
        await using var cluster = await StartClusterAsync();
        var pod = await StartAsync(cluster);
        (await SignIn(cluster).RunAsync("delete", "job", "relay", "--cascade=orphan")).Succeeded();

        var orphan = cluster.World.Find(ResourceKinds.Pods, "shop", pod.Name)!;
        Assert.Empty(orphan.OwnerUids);
        Assert.False(pod.Process!.Exited.IsCompleted);
    }

    [Fact]
    public async Task WaitForComplete_ReturnsWhenTheProcessEndsWell_AndTheJobGoesAfterItsTime()
    {
        await using var cluster = await StartClusterAsync();
        var kubectl = SignIn(cluster);
        var pod = await StartAsync(cluster, spec => spec["ttlSecondsAfterFinished"] = 3);
        var waiting = kubectl.RunAsync("wait", "--for=condition=Complete", "job/relay", "--timeout=30s");
        // It watches: after that the end cannot escape it, however soon the job is deleted.
        await cluster.Requests.WaitAsync(request => request is { Verb: "watch", Resource: "jobs" }, TimeoutToken);

        pod.Process!.Terminate();

        (await waiting).Succeeded();
        await cluster.World.WaitAsync(ResourceKinds.Jobs, "shop", "relay", job => job is null, TimeoutToken);
        await cluster.Pods.WaitGoneAsync(pod, TimeoutToken);
    }

    [Fact]
    public async Task KilledProcess_FailsThePodAndTheJob_WhichMakesNoOther()
    {
        await using var cluster = await StartClusterAsync();
        var pod = await StartAsync(cluster);

        pod.Process!.Kill();

        (await SignIn(cluster).RunAsync("wait", "--for=condition=Failed", "job/relay", "--timeout=30s")).Succeeded();
        var job = cluster.World.Find(ResourceKinds.Jobs, "shop", "relay")!.Read();
        Assert.Equal(1, job.Number("status", "failed"));
        Assert.Contains(job.Items("status", "conditions"), condition => condition.Text("type") == "Failed" && condition.Text("reason") == "BackoffLimitExceeded");
        var state = Assert.Single(cluster.World.List(ResourceKinds.Pods, "shop")).Read();
        Assert.Equal("Failed", state.Text("status", "phase"));
        Assert.Equal(137, state.Items("status", "containerStatuses").Single().Number("state", "terminated", "exitCode"));
    }

    [Fact]
    public async Task DeletedPod_CountsAsAFailure()
    {
        await using var cluster = await StartClusterAsync();
        var pod = await StartAsync(cluster);
        cluster.Pods.Delete(pod);
        await WaitForJobAsync(cluster, job => job.Items("status", "conditions").Any(condition => condition.Text("type") == "Failed"));
        Assert.Empty(cluster.World.List(ResourceKinds.Pods, "shop"));
    }

    [Fact]
    public async Task ActiveDeadline_EndsTheProcess()
    {
        await using var cluster = await StartClusterAsync();
        var pod = await StartAsync(cluster, spec => spec["activeDeadlineSeconds"] = 2);
        await WaitForJobAsync(
            cluster, job => job.Items("status", "conditions").Any(condition => condition.Text("type") == "Failed" && condition.Text("reason") == "DeadlineExceeded"));
        Assert.Equal(0, (await pod.Process!.Exited).Code);
    }

    [Fact]
    public async Task RestartPolicyAlways_IsRefused()
    {
        await using var cluster = await StartClusterAsync();
        var job = RelayManifests.Job("relay", "127.0.0.1", 1, change: spec => spec.Child("template").Child("spec")["restartPolicy"] = "Always");
        Assert.Contains(
            "The Job \"relay\" is invalid: spec.template.spec.restartPolicy", (await SignIn(cluster).RunAsync(job.ToJsonString(), ["create", "-f", "-"])).Failed());
    }

    private async Task<Testing.Pods.TestPod> StartAsync(TestCluster cluster, Action<System.Text.Json.Nodes.JsonObject>? change = null)
    {
        cluster.World.Add(RelayManifests.Job("relay", "127.0.0.1", 1, change: change));
        var pod = (await cluster.Pods.WaitReadyAsync("shop", "job-name=relay", TimeoutToken))[0];
        await pod.Process!.Log.LineAsync("listening on", TimeoutToken);
        return pod;
    }

    private Task WaitForJobAsync(TestCluster cluster, Func<System.Text.Json.Nodes.JsonObject, bool> condition) =>
        cluster.World.WaitAsync(ResourceKinds.Jobs, "shop", "relay", job => job is not null && condition(job), TimeoutToken);
}
