using System.Text.Json.Nodes;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Relay;
using Kftray.Sidecar.Tests.Generated;
using Xunit;

namespace Kftray.Sidecar.Tests.Relay;

public sealed class RelayManifestTests
{
    private static readonly RelayOwner Owner = new("0123456789abcdef", "anna", "1-2", _ => true);

    /// <summary>
    /// Every rule of "restricted", and of "baseline" below it, in the order of the table at
    /// https://kubernetes.io/docs/concepts/security/pod-security-standards/.
    /// </summary>
    [Fact]
    public void Pod_OfTheManifest_PassesEveryRuleOfRestricted()
    {
        var pod = Build()["spec"]!["template"]!["spec"]!.AsObject();
        Assert.Empty(RestrictedPolicy.Violations(pod));
    }

    [Fact]
    public void Job_IsRemovedByTheClusterAndNeverStartedTwice()
    {
        var spec = Build()["spec"]!;

        Assert.Equal(0, spec["backoffLimit"]!.GetValue<int>());
        Assert.Equal(60, spec["ttlSecondsAfterFinished"]!.GetValue<int>());
        Assert.Equal("Never", spec["template"]!["spec"]!["restartPolicy"]!.GetValue<string>());
        Assert.False(spec["template"]!["spec"]!["automountServiceAccountToken"]!.GetValue<bool>());
    }

    [Fact]
    public void Image_ThatIsTheDefault_IsTheOneThatTheWorkflowPublishes()
    {
        var workflow = File.ReadAllText(Path.Combine(GeneratedFile.RepositoryRoot, ".github", "workflows", "relay.yml"));
        var published = workflow.Split('\n').Select(line => line.Trim()).Single(line => line.StartsWith("IMAGE:", StringComparison.Ordinal));

        // The owner is that of the repository: "kftray" where it is not a fork. The tag is the version's, "v" taken off.
        Assert.Equal(RelayImage.Repository, published["IMAGE:".Length..].Trim().Replace("${{ github.repository_owner }}", "kftray", StringComparison.Ordinal));
        Assert.Contains("$IMAGE:${GITHUB_REF_NAME#v}", workflow);
        Assert.Equal($"{RelayImage.Repository}:{Product.Version}", RelayImage.Default);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("ghcr.io/hcavarsan/kftray-server:latest", 43200)]
    [InlineData("registry.example/anything", 43200)]
    public void Deadline_IsOnlyForImagesThatMayNotEndByThemselves(string? image, int? seconds) =>
        Assert.Equal(seconds, Build(RelaySpec.Default with { Image = image })["spec"]!["activeDeadlineSeconds"]?.GetValue<int>());

    [Fact]
    public void Relay_ListensOnLoopbackAboveThePrivilegedPorts()
    {
        var env = Environment(Build());

        Assert.Equal("127.0.0.1", env["LISTEN_ADDRESS"]);
        Assert.InRange(int.Parse(env["LOCAL_PORT"]), 1025, 65535);
        Assert.NotEqual(env["LOCAL_PORT"], env["CONTROL_PORT"]);
        Assert.Equal(("dns.shop.svc", "53", "udp", "600"), (env["REMOTE_ADDRESS"], env["REMOTE_PORT"], env["PROXY_TYPE"], env["IDLE_EXIT_SECONDS"]));
    }

    [Fact]
    public void Container_HasRequestsAndLimits()
    {
        var resources = Build()["spec"]!["template"]!["spec"]!["containers"]![0]!["resources"]!;

        foreach (var kind in (string[])["requests", "limits"])
            Assert.Equal(["cpu", "memory"], resources[kind]!.AsObject().Select(pair => pair.Key));
    }

    [Fact]
    public void WhatTheConfigAsksFor_IsInTheManifest_AndTakesNothingFromTheOwner()
    {
        var job = Build(RelaySpec.Default with
        {
            Labels = """{"team":"shop","kftray.app/owner":"somebody"}""",
            Annotations = """{"note":"x"}""",
            Tolerations = """[{"operator":"Exists"}]""",
            NodeSelector = """{"disk":"ssd"}""",
            ImagePullSecrets = """[{"name":"pull"}]""",
            Resources = """{"limits":{"memory":"1Gi"}}""",
        });
        var template = job["spec"]!["template"]!;

        foreach (var metadata in new[] { job["metadata"]!, template["metadata"]! })
        {
            Assert.Equal("shop", metadata["labels"]!["team"]!.GetValue<string>());
            Assert.Equal(Owner.Id, metadata["labels"]![RelayLabels.Owner]!.GetValue<string>());
            Assert.Equal("x", metadata["annotations"]!["note"]!.GetValue<string>());
            Assert.All(metadata["labels"]!.AsObject(), label => Assert.Matches("^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$", label.Value!.GetValue<string>()));
        }

        Assert.Equal("Exists", template["spec"]!["tolerations"]![0]!["operator"]!.GetValue<string>());
        Assert.Equal("ssd", template["spec"]!["nodeSelector"]!["disk"]!.GetValue<string>());
        Assert.Equal("pull", template["spec"]!["imagePullSecrets"]![0]!["name"]!.GetValue<string>());
        Assert.Equal("1Gi", template["spec"]!["containers"]![0]!["resources"]!["limits"]!["memory"]!.GetValue<string>());
    }

    private static JsonObject Build(RelaySpec? spec = null) => JsonNode.Parse(RelayManifest.Build(
        new RelayRequest("shop", new("dns.shop.svc", 53), ForwardProtocol.Udp, spec ?? RelaySpec.Default, "w"), Owner, "kftray-relay-1"))!.AsObject();

    private static Dictionary<string, string> Environment(JsonObject job) => job["spec"]!["template"]!["spec"]!["containers"]![0]!["env"]!.AsArray()
        .ToDictionary(entry => entry!["name"]!.GetValue<string>(), entry => entry!["value"]!.GetValue<string>());
}
