using System.Text.Json.Nodes;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Relay;
using Kftray.Sidecar.Tests.Kubernetes;
using Kftray.Sidecar.Tests.Targets;
using Xunit;
using static Kftray.Sidecar.Tests.Kubernetes.Objects;

namespace Kftray.Sidecar.Tests.Relay;

/// <summary>A cluster without sockets, and forwards in it that need relays.</summary>
public abstract class RelayTestBase : IAsyncDisposable
{
    private protected World World { get; } = new();

    public async ValueTask DisposeAsync()
    {
        await World.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected static ForwardSpec Proxy() => Answers.Spec(null, 5432) with
    {
        WorkloadType = WorkloadType.Proxy, RemoteAddress = "db.internal", Relay = RelaySpec.Default,
    };

    private protected Answers Resolve(ForwardSpec spec) => Answers.Resolve(World, spec);

    private protected List<JsonNode> Jobs() => [.. World.Cluster.Items("jobs").Select(item => JsonNode.Parse(item)!)];

    private protected static string Name(JsonNode job) => job["metadata"]!["name"]!.GetValue<string>();

    private protected static string RelayPod(JsonNode job, string name = "relay-x", bool ready = true, string waiting = "")
    {
        var pod = JsonNode.Parse(Pod(name, ready, waiting: waiting, labels: $$"""{"{{RelayLabels.Relay}}":"{{Name(job)}}"}"""))!;
        pod["spec"]!["nodeName"] = "node-1";
        return pod.ToJsonString();
    }

    private protected static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private protected static async Task<PodTarget> ReadyAsync(Answers answers)
    {
        while (true)
        {
            if (await answers.NextAsync() is Resolution.Ready ready)
                return Assert.Single(ready.Pods);
        }
    }

    private protected static async Task<Resolution.Unavailable> NextAsync(Answers answers, FaultKind kind)
    {
        while (true)
        {
            var answer = await answers.UnavailableAsync();
            if (answer.Fault.Kind == kind)
                return answer;
        }
    }

    private protected void PutJob(string name, string owner, string process) => World.Cluster.Put("jobs", name, $$$"""
        {"kind":"Job","metadata":{"name":"{{{name}}}","namespace":"shop","uid":"{{{name}}}-uid","resourceVersion":"$version","labels":{
         "app.kubernetes.io/managed-by":"kftray","app.kubernetes.io/name":"kftray-relay","kftray.app/owner":"{{{owner}}}",
         "kftray.app/process":"{{{process}}}","kftray.app/target":"t"} } }
        """);
}
