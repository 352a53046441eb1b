using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Diagnostics.Checks;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes.Examination;
using Xunit;

namespace Kftray.Sidecar.Tests.Diagnostics;

/// <summary>What a forward needs, and what it does without.</summary>
public sealed class PermissionTests
{
    [Theory]
    [InlineData("service", "create pods/portforward", "create pods/portforward")]
    [InlineData("service", "get services,list services", "get services")]
    [InlineData("service", "list pods,list endpointslices", "list pods")]
    [InlineData("service", "list services,list endpointslices,get pods,watch pods", null)]
    [InlineData("pod by name", "get pods,list pods", "get pods")]
    [InlineData("pod by name", "list pods", null)]
    [InlineData("pods by label", "list pods", "list pods")]
    [InlineData("proxy", "create jobs,list jobs", "create jobs")]
    [InlineData("proxy", "get pods,get jobs,list jobs,delete jobs", null)]
    [InlineData("udp", "get services,list services,patch jobs", "get services")]
    [InlineData("udp", "patch jobs,list events", null)]
    [InlineData("udp by an existing relay", "get services,list services", "get services")]
    [InlineData("pods by label", "get pods,watch pods,get pods/portforward", null)]
    public void FirstMissing_OfWhatIsDenied_IsWhatNothingStandsInFor(string forward, string denied, string? missing)
    {
        var needs = ForwardPermissions.Of(Spec(forward), "shop");
        var set = needs.All.Where(permission => denied.Split(',').Contains(permission.ToString())).ToHashSet();

        Assert.Equal(denied.Split(',').Length, set.Count);
        Assert.Equal(missing, needs.FirstMissing(set)?.ToString());
    }

    [Theory]
    [InlineData("service")]
    [InlineData("pod by name")]
    [InlineData("pods by label")]
    [InlineData("proxy")]
    [InlineData("udp")]
    [InlineData("udp by an existing relay")]
    [InlineData("udp by a relay elsewhere")]
    public void Without_EachOfThem_SaysWhatWorksLess(string forward)
    {
        var needs = ForwardPermissions.Of(Spec(forward), "shop");

        Assert.Distinct(needs.All);
        Assert.All(needs.All, permission => Assert.NotEmpty(needs.Without(permission)));
    }

    [Fact]
    public void Of_AForwardWhoseRelayExists_DoesNotAskToCreateOne()
    {
        Assert.DoesNotContain(ForwardPermissions.Of(Spec("udp by an existing relay"), "shop").All, needed => needed.Permission.Resource == "jobs");
    }

    [Fact]
    public void Of_AForwardWhoseRelayLivesElsewhere_AsksForEachWhereItIsNeeded()
    {
        var needs = ForwardPermissions.Of(Spec("udp by a relay elsewhere"), "shop");

        Assert.All(needs.All, needed => Assert.Equal(
            needed.Permission.Resource is "jobs" or "pods/portforward" or "events" ? "relays" : needed.Permission.Resource == "services" ? "shop" : needed.Namespace,
            needed.Namespace));
        var role = string.Join('\n', RoleManifest.Write(needs.All, "ann"));
        Assert.Equal(2, role.Split("kind: RoleBinding").Length - 1);
        Assert.Contains("metadata: { name: kftray, namespace: relays }", role);
    }

    [Fact]
    public void Role_OfWhatIsMissing_GrantsItAndNothingElse()
    {
        var role = RoleManifest.Write(
            [new(new("create", "", "pods/portforward"), "shop"), new(new("list", "", "pods"), "shop"), new(new("watch", "", "pods"), "shop")], null);

        Assert.Equal(
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: { name: kftray, namespace: shop }
            rules:
            - apiGroups: [""]
              resources: ["pods/portforward"]
              verbs: ["create"]
            - apiGroups: [""]
              resources: ["pods"]
              verbs: ["list", "watch"]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: { name: kftray, namespace: shop }
            roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: kftray }
            subjects:
            # Your name there: kubectl auth whoami
            - { apiGroup: rbac.authorization.k8s.io, kind: User, name: YOU }
            """.ReplaceLineEndings("\n"),
            string.Join('\n', role));
    }

    private static ForwardSpec Spec(string forward)
    {
        var spec = new ForwardSpec { Id = "x", Alias = "x", Source = "s", Uri = "file:///x", RemotePort = new(80) };
        return forward switch
        {
            "service" => spec with { Service = "web" },
            "proxy" => spec with { WorkloadType = WorkloadType.Proxy, RemoteAddress = "db.internal" },
            "udp" => spec with { Service = "dns", Protocol = ForwardProtocol.Udp },
            "udp by an existing relay" => spec with { Service = "dns", Protocol = ForwardProtocol.Udp, Relay = new() { Service = "relay" } },
            "udp by a relay elsewhere" => spec with { Service = "dns", Protocol = ForwardProtocol.Udp, Relay = new() { Namespace = "relays" } },
            "pod by name" => spec with { WorkloadType = WorkloadType.Pod, Service = "web-0" },
            _ => spec with { WorkloadType = WorkloadType.Pod, Selector = "app=web" },
        };
    }
}
