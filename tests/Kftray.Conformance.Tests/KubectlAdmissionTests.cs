using System.Text.Json.Nodes;
using Kftray.Testing;
using Kftray.Testing.Security;
using Kftray.Testing.Store;

namespace Kftray.Conformance.Tests;

/// <summary>What the cluster refuses, and how kubectl tells it.</summary>
public sealed class KubectlAdmissionTests : TestBase
{
    private const string Violations =
        "allowPrivilegeEscalation != false (container \"relay\" must set securityContext.allowPrivilegeEscalation=false), "
        + "unrestricted capabilities (container \"relay\" must set securityContext.capabilities.drop=[\"ALL\"]), "
        + "runAsNonRoot != true (pod or container \"relay\" must set securityContext.runAsNonRoot=true), "
        + "seccompProfile (pod or container \"relay\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")";

    [Fact]
    public async Task RestrictedNamespace_RefusesThePod_AndOfAJobOnlyItsPods()
    {
        await using var cluster = await StartClusterAsync();
        var kubectl = SignIn(cluster);
        (await kubectl.RunAsync("label", "namespace", "shop", "pod-security.kubernetes.io/enforce=restricted")).Succeeded();

        var pod = RelayManifests.Pod("relay", RelayManifests.PodSpec("127.0.0.1", 1));
        Assert.Contains(
            $"Error from server (Forbidden): error when creating \"STDIN\": pods \"relay\" is forbidden: violates PodSecurity \"restricted:latest\": {Violations}",
            (await kubectl.RunAsync(pod.ToJsonString(), ["create", "-f", "-"])).Failed());

        var created = await kubectl.RunAsync(RelayManifests.Job("relay", "127.0.0.1", 1).ToJsonString(), ["create", "-f", "-"]);
        Assert.Equal("job.batch/relay created\n", created.Succeeded());
        Assert.Equal($"Warning: would violate PodSecurity \"restricted:latest\": {Violations}\n", created.Error);
        var failure = await FailureAsync(cluster);
        Assert.StartsWith("Error creating: pods \"relay-", failure);
        Assert.EndsWith($"is forbidden: violates PodSecurity \"restricted:latest\": {Violations}", failure);
        Assert.Contains("FailedCreate", (await kubectl.RunAsync("describe", "job", "relay")).Succeeded());
        Assert.Empty(cluster.World.List(ResourceKinds.Pods, "shop"));
    }

    [Fact]
    public async Task HardenedPod_IsTakenByARestrictedNamespace()
    {
        await using var cluster = await StartClusterAsync();
        var kubectl = SignIn(cluster);
        (await kubectl.RunAsync("label", "namespace", "shop", "pod-security.kubernetes.io/enforce=restricted")).Succeeded();
        var job = RelayManifests.Job("relay", "127.0.0.1", 1, change: Harden);
        Assert.Empty((await kubectl.RunAsync(job.ToJsonString(), ["create", "-f", "-"])).Error);
        await cluster.Pods.WaitReadyAsync("shop", "job-name=relay", TimeoutToken);

        static void Harden(JsonObject spec)
        {
            var pod = spec.Child("template").Child("spec");
            pod["securityContext"] = JsonNode.Parse("""{"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}}""");
            pod.Items("containers").Single()["securityContext"] = JsonNode.Parse("""{"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}""");
        }
    }

    [Fact]
    public async Task Quota_RefusesOnePodTooMany_AndShowsWhatIsUsed()
    {
        await using var cluster = await StartClusterAsync();
        var kubectl = SignIn(cluster);
        (await kubectl.RunAsync(Quota("""{"pods": "1", "count/jobs.batch": "1"}"""), ["create", "-f", "-"])).Succeeded();
        (await CreatePodAsync(kubectl, "first")).Succeeded();

        Assert.Contains(
            "pods \"second\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1", (await CreatePodAsync(kubectl, "second")).Failed());

        (await kubectl.RunAsync(RelayManifests.Job("relay", "127.0.0.1", 1).ToJsonString(), ["create", "-f", "-"])).Succeeded();
        Assert.Contains(
            "jobs.batch \"other\" is forbidden: exceeded quota: small, requested: count/jobs.batch=1, used: count/jobs.batch=1, limited: count/jobs.batch=1",
            (await kubectl.RunAsync(RelayManifests.Job("other", "127.0.0.1", 1).ToJsonString(), ["create", "-f", "-"])).Failed());
        Assert.Contains("exceeded quota: small, requested: pods=1", await FailureAsync(cluster));
        await cluster.World.WaitAsync(ResourceKinds.ResourceQuotas, "shop", "small", quota => quota.Text("status", "used", "pods") == "1", TimeoutToken);
        Assert.Contains("count/jobs.batch: 1/1, pods: 1/1", (await kubectl.RunAsync("get", "quota", "small")).Succeeded());
        Assert.Contains("pods              1     1", (await kubectl.RunAsync("describe", "quota", "small")).Succeeded());

        // The job's pod comes when there is room.
        (await kubectl.RunAsync("delete", "pod", "first", "--grace-period=0", "--force")).Succeeded();
        await cluster.Pods.WaitReadyAsync("shop", "job-name=relay", TimeoutToken);
    }

    [Fact]
    public async Task QuotaOfComputeResources_WantsThemNamed_AndCountsThem()
    {
        await using var cluster = await StartClusterAsync();
        var kubectl = SignIn(cluster);
        (await kubectl.RunAsync(Quota("""{"requests.cpu": "150m", "limits.memory": "100Mi"}"""), ["create", "-f", "-"])).Succeeded();
        Assert.Contains(
            "failed quota: small: must specify limits.memory for: relay; requests.cpu for: relay", (await CreatePodAsync(kubectl, "first")).Failed());
        const string Resources = """{"requests": {"cpu": "100m"}, "limits": {"memory": "64Mi"}}""";
        (await CreatePodAsync(kubectl, "first", Resources)).Succeeded();
        Assert.Contains(
            "exceeded quota: small, requested: limits.memory=64Mi,requests.cpu=100m, used: limits.memory=64Mi,requests.cpu=100m, limited: limits.memory=100Mi,requests.cpu=150m",
            (await CreatePodAsync(kubectl, "second", Resources)).Failed());
    }

    [Theory]
    [InlineData("create", "jobs")]
    [InlineData("delete", "jobs")]
    [InlineData("list", "jobs")]
    [InlineData("create", "pods")]
    [InlineData("delete", "pods")]
    [InlineData("list", "pods")]
    public async Task DeniedUser_IsToldWhatIsMissing(string verb, string resource)
    {
        await using var cluster = await StartClusterAsync();
        cluster.World.Add(RelayManifests.Job("job", "127.0.0.1", 1));
        cluster.World.Add(RelayManifests.Pod("pod", RelayManifests.PodSpec("127.0.0.1", 1)));
        cluster.Users.Add("jane");
        cluster.Rbac.Deny("jane", verb, resource, "shop");
        var kubectl = SignIn(cluster, "jane", CredentialKind.Token);
        var manifest = resource == "jobs" ? RelayManifests.Job("other", "127.0.0.1", 1) : RelayManifests.Pod("other", RelayManifests.PodSpec("127.0.0.1", 1));

        var result = verb switch
        {
            "create" => await kubectl.RunAsync(manifest.ToJsonString(), ["create", "-f", "-"]),
            "delete" => await kubectl.RunAsync("delete", resource, resource[..^1], "--wait=false"),
            _ => await kubectl.RunAsync("get", resource),
        };

        var group = resource == "jobs" ? "batch" : "";
        Assert.Contains($"User \"jane\" cannot {verb} resource \"{resource}\" in API group \"{group}\" in the namespace \"shop\"", result.Failed());
        Assert.Contains("no", (await kubectl.RunAsync("auth", "can-i", verb, resource)).Output);
    }

    private static Task<KubectlResult> CreatePodAsync(Kubectl kubectl, string name, string? resources = null)
    {
        var spec = RelayManifests.PodSpec("127.0.0.1", 1);
        if (resources is not null) spec.Items("containers").Single()["resources"] = JsonNode.Parse(resources);
        return kubectl.RunAsync(RelayManifests.Pod(name, spec).ToJsonString(), ["create", "-f", "-"]);
    }

    private static string Quota(string hard) =>
        $$"""{"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small", "namespace": "shop"}, "spec": {"hard": {{hard}} } }""";

    /// <summary>The message of the job's event FailedCreate.</summary>
    private async Task<string> FailureAsync(TestCluster cluster)
    {
        string? message = null;
        await cluster.World.WaitAnyAsync(
            ResourceKinds.Events,
            "shop",
            item => item.Text("reason") == "FailedCreate" && item.Text("involvedObject", "name") == "relay" && (message = item.Text("message")) is not null,
            TimeoutToken);
        return message!;
    }
}
