using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Kftray.Sidecar.Contract;
using Kftray.Testing.World;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests;

/// <summary>What the pod behind a forward says, while it says it.</summary>
public sealed class PodLogTests : FunctionalTest
{
    [Fact]
    public async Task FollowLog_OfTheForwardsPod_BringsWhatItWrites_AndEndsWithIt()
    {
        // Its pods are processes, and processes have something to say.
        Cluster.World.Add((JsonObject)JsonNode.Parse("""
            {
              "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "talker", "namespace": "shop" },
              "spec": { "restartPolicy": "Never", "containers": [
                { "name": "main", "image": "ghcr.io/hcavarsan/kftray-server:latest", "env": [
                  { "name": "LOCAL_PORT", "value": "18080" }, { "name": "REMOTE_ADDRESS", "value": "127.0.0.1" },
                  { "name": "REMOTE_PORT", "value": "1" }, { "name": "PROXY_TYPE", "value": "tcp" } ] } ] }
            }
            """)!);
        await ApplyAsync("""{ "alias": "talker", "workload_type": "pod", "service": "talker", "remote_port": 18080 }""");
        var id = (await BecomesAsync("talker", ForwardStatus.Active)).Id;
        var pieces = new ConcurrentQueue<string>();
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        var following = FollowLogAsync(id, text =>
        {
            pieces.Enqueue(text);
            if (string.Concat(pieces).Contains("listening on", StringComparison.Ordinal))
                heard.TrySetResult();
        });
        await heard.Task.WaitAsync(TimeoutToken);
        Assert.False(following.IsCompleted);
        Cluster.Pods.Delete(Shop, "talker", graceSeconds: 0);

        Assert.Equal("talker", (await following)?.Pod);
    }

    [Fact]
    public async Task FollowLog_OfAForwardWithoutAPod_SaysSo()
    {
        await ApplyAsync("""{ "service": "nobody", "remote_port": 80 }""");
        var waiting = await BecomesAsync("nobody", ForwardStatus.Reconnecting);

        Assert.Null(await FollowLogAsync(waiting.Id, _ => Assert.Fail("There is nobody to say anything.")));
    }
}
