using System.Net;
using System.Text.Json.Nodes;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Relay;
using Kftray.Sidecar.Tests.Kubernetes;
using Kftray.Sidecar.Tests.Targets;
using Xunit;

namespace Kftray.Sidecar.Tests.Relay;

/// <summary>What is said while a relay does not run yet.</summary>
public sealed class RelayStartTests : RelayTestBase
{
    [Fact]
    public async Task Creation_ThatTheRoleForbids_NamesTheRoleThatIsMissing()
    {
        World.Cluster.Forbid("create", "jobs");
        await using var answers = Resolve(Proxy());
        var fault = (await answers.UnavailableAsync()).Fault;

        Assert.Equal(FaultKind.Forbidden, fault.Kind);
        Assert.Contains("kind: Role", fault.Hint);
        Assert.Contains("namespace: shop", fault.Hint);

        // It goes on by itself when the role is there.
        World.Cluster.Allow("create", "jobs");
        Assert.Single(await World.PassTimeUntil(JobsAsync()));
    }

    [Fact]
    public async Task Creation_ThatAQuotaForbids_SaysTheServersReason()
    {
        World.Cluster.Refuse("create", "jobs", () => FakeApi.Status(HttpStatusCode.Forbidden, "exceeded quota", """{"name":"kftray-relay-1","kind":"jobs"}"""));
        await using var answers = Resolve(Proxy());
        var fault = (await answers.UnavailableAsync()).Fault;

        Assert.Equal(FaultKind.RelayFailed, fault.Kind);
        Assert.Contains("exceeded quota", fault.Message);
        Assert.DoesNotContain("kind: Role", fault.Hint);
    }

    [Fact]
    public async Task PodThatTheClusterRefuses_IsAFaultWithTheEventsWords()
    {
        await using var answers = Resolve(Proxy());
        await answers.UnavailableAsync();
        World.Cluster.Put("events", "e", Event(Uid(Assert.Single(Jobs())), "FailedCreate", "pods is forbidden: violates PodSecurity"));

        var fault = (await World.PassTimeUntil(NextAsync(answers, FaultKind.RelayFailed))).Fault;
        Assert.Contains("violates PodSecurity", fault.Message);
    }

    [Fact]
    public async Task Image_ThatCannotBePulled_IsAFaultAtOnce()
    {
        await using var answers = Resolve(Proxy());
        await answers.UnavailableAsync();
        World.Cluster.Put("pods", "relay-x", RelayPod(Assert.Single(Jobs()), ready: false, waiting: "ImagePullBackOff"));

        var fault = (await NextAsync(answers, FaultKind.RelayFailed)).Fault;
        Assert.Contains("ImagePullBackOff", fault.Message);
        Assert.Contains("relay.image", fault.Hint);
    }

    [Fact]
    public async Task Relay_ThatIsNotReadyInTime_IsAFault_AndIsUsedWhenItIsReadyAfterAll()
    {
        await using var answers = Resolve(Proxy());
        await answers.UnavailableAsync();
        var job = Assert.Single(Jobs());

        var fault = (await World.PassTimeUntil(NextAsync(answers, FaultKind.RelayFailed))).Fault;
        Assert.Contains("60 s", fault.Message);

        World.Cluster.Put("pods", "relay-x", RelayPod(job));
        Assert.Equal("relay-x", (await World.PassTimeUntil(ReadyAsync(answers))).Name);
    }

    [Fact]
    public async Task Progress_OfAPod_IsTold()
    {
        var pod = new PodInfo("shop", "p", "u", "1", new Dictionary<string, string>(), false, false, null, []);
        string Told(PodInfo? seen, params EventInfo[] events) =>
            RelayProgress.Describe("img", seen, events, TimeSpan.Zero).Message;

        Assert.Contains("being created", Told(null));
        Assert.Contains("waits for a node", Told(pod));
        Assert.Contains("Insufficient cpu", Told(pod, Said("FailedScheduling", "0/3 nodes: Insufficient cpu")));
        Assert.Contains("img is being pulled", Told(pod with { IsScheduled = true }, Said("Pulling", "Pulling image")));
        Assert.Contains("pod p is starting", Told(pod with { IsScheduled = true }, Said("Pulled", "Pulled image")));
        Assert.Contains("CreateContainerConfigError", Told(pod with { IsScheduled = true, Problem = "CreateContainerConfigError" }));
        await Task.CompletedTask;

        static EventInfo Said(string reason, string message) => new("e", "e", "1", "u", reason, message, null);
    }

    private static string Uid(JsonNode job) => job["metadata"]!["uid"]!.GetValue<string>();

    private static string Event(string about, string reason, string message) => $$$"""
        {"kind":"Event","metadata":{"name":"e","namespace":"shop","uid":"e","resourceVersion":"$version"},
         "involvedObject":{"uid":"{{{about}}}"},"reason":"{{{reason}}}","message":"{{{message}}}","lastTimestamp":"2030-01-01T00:00:00Z"}
        """;

    private async Task<List<JsonNode>> JobsAsync()
    {
        await UntilAsync(() => Jobs().Count > 0);
        return Jobs();
    }
}
