using System.Text.Json.Nodes;
using Kftray.Testing.Http;
using Kftray.Testing.Security;
using Kftray.Testing.World;

namespace Kftray.Conformance.Tests;

/// <summary>What an unmodified kubectl reads.</summary>
public sealed class KubectlReadTests : TestBase
{
    [Fact]
    public async Task Version_OfTheServer_IsTold()
    {
        await using var cluster = await StartClusterAsync();
        Assert.Contains("Server Version: v1.35.0", (await SignIn(cluster).RunAsync("version")).Succeeded());
    }

    [Fact]
    public async Task Get_WithoutOutputFormat_PrintsTheServersTable()
    {
        await using var cluster = await StartClusterAsync();
        cluster.World.AddApplication("shop", "web", "http", 80, 8080, replicas: 2);
        await cluster.Pods.WaitReadyAsync("shop", "app=web", TimeoutToken, count: 2);
        var kubectl = SignIn(cluster);

        var lines = (await kubectl.RunAsync("get", "pods")).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["NAME", "READY", "STATUS", "RESTARTS", "AGE"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(3, lines.Length);
        Assert.All(lines[1..], line => Assert.Matches(@"^web-\S+\s+1/1\s+Running\s+0\s+\d+s$", line));
        Assert.Contains("80/TCP", (await kubectl.RunAsync("get", "services")).Succeeded());
        Assert.Contains("2/2", (await kubectl.RunAsync("get", "deployments")).Succeeded());
        Assert.Contains("web-", (await kubectl.RunAsync("get", "endpointslices", "-o", "wide")).Succeeded());
    }

    [Fact]
    public async Task Get_AsJson_IsTheObject()
    {
        await using var cluster = await StartClusterAsync();
        cluster.World.AddPod("shop", "db", new PodSpec("db", "http", 5432));
        var pod = await cluster.Pods.WaitReadyByNameAsync("shop", "db", TimeoutToken);

        var json = JsonNode.Parse((await SignIn(cluster).RunAsync("get", "pod", "db", "-o", "json")).Succeeded())!;

        Assert.Equal(pod.Uid, (string?)json["metadata"]!["uid"]);
        Assert.Equal(pod.Ip.ToString(), (string?)json["status"]!["podIP"]);
        Assert.StartsWith("containerd://", (string?)json["status"]!["containerStatuses"]![0]!["containerID"]);
    }

    [Theory]
    [InlineData("-l", "app=web,tier notin (back)", "a")]
    [InlineData("-l", "tier=back", "b")]
    [InlineData("-l", "!tier", "a")]
    [InlineData("--field-selector", "metadata.name=b", "b")]
    [InlineData("--field-selector", "status.phase!=Running", "")]
    public async Task Get_WithSelector_ReturnsWhatMatches(string option, string selector, string expected)
    {
        await using var cluster = await StartClusterAsync();
        cluster.World.AddPod("shop", "a", new PodSpec("web", "http", 80));
        cluster.World.AddPod("shop", "b", new PodSpec("web", "http", 80) { Labels = new Dictionary<string, string> { ["tier"] = "back" } });
        await cluster.Pods.WaitReadyAsync("shop", "app=web", TimeoutToken, count: 2);

        var names = (await SignIn(cluster).RunAsync("get", "pods", option, selector, "-o", "jsonpath={.items[*].metadata.name}")).Succeeded();

        Assert.Equal(expected, names);
    }

    [Fact]
    public async Task Get_InChunks_ReturnsEverythingOnce()
    {
        await using var cluster = await StartClusterAsync();
        for (var i = 0; i < 7; i++) cluster.World.AddService("shop", $"s{i}", null, new ServicePortSpec(80));

        var names = (await SignIn(cluster).RunAsync("get", "services", "--chunk-size=3", "-o", "name")).Succeeded();

        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"service/s{i}"), names.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(3, cluster.Requests.Count(request => request.Verb == "list" && request.Resource == "services"));
    }

    [Fact]
    public async Task Get_OfSomethingMissing_SaysSo()
    {
        await using var cluster = await StartClusterAsync();
        var error = (await SignIn(cluster).RunAsync("get", "pod", "nobody")).Failed();
        Assert.Equal("Error from server (NotFound): pods \"nobody\" not found\n", error);
    }

    [Fact]
    public async Task GetWatch_WhenPodsComeAndGo_PrintsEachChange()
    {
        await using var cluster = await StartClusterAsync();
        await using var watch = SignIn(cluster).Start(null, "get", "pods", "-w");
        await cluster.Requests.WaitAsync(request => request.Verb == "watch", TimeoutToken);

        cluster.World.AddPod("shop", "db", new PodSpec("db", "http", 5432));
        await watch.LineAsync("Pending");
        await watch.LineAsync("1/1");
        cluster.Pods.Delete("shop", "db");
        await watch.LineAsync("Terminating");
    }

    [Fact]
    public async Task WaitForReady_WhenThePodBecomesReady_Ends()
    {
        await using var cluster = await StartClusterAsync(new() { PodTiming = new() { ReadyDelayMs = 300 } });
        var kubectl = SignIn(cluster);
        cluster.World.AddPod("shop", "db", new PodSpec("db", "http", 5432));
        Assert.Contains("condition met", (await kubectl.RunAsync("wait", "--for=condition=Ready", "pod/db", "--timeout=20s")).Succeeded());
        Assert.Single(cluster.Pods.Ready("shop", "app=db"));
    }

    [Fact]
    public async Task AuthCanI_ForAUserWithARuleAgainstIt_SaysNo()
    {
        await using var cluster = await StartClusterAsync();
        cluster.Users.Add("dev");
        cluster.Rbac.Deny("dev", "list", "pods");
        var kubectl = SignIn(cluster, "dev");

        Assert.Equal("yes\n", (await kubectl.RunAsync("auth", "can-i", "create", "pods/portforward")).Succeeded());
        Assert.Equal("no\n", (await kubectl.RunAsync("auth", "can-i", "list", "pods")).Output);
        Assert.Contains(
            "pods is forbidden: User \"dev\" cannot list resource \"pods\" in API group \"\" in the namespace \"shop\"",
            (await kubectl.RunAsync("get", "pods")).Failed());
    }

    [Fact]
    public async Task Token_WhenItIsRotated_IsNoLongerAccepted()
    {
        await using var cluster = await StartClusterAsync();
        var kubectl = SignIn(cluster, credential: CredentialKind.Token);
        (await kubectl.RunAsync("get", "pods")).Succeeded();

        cluster.Users["admin"].RotateToken();

        // kubectl's own words for a 401.
        Assert.Contains("must be logged in to the server", (await kubectl.RunAsync("get", "pods")).Failed());
    }

    [Theory]
    [InlineData(ServerCertificateKind.OtherName, "cannot validate certificate for 127.0.0.1")]
    [InlineData(ServerCertificateKind.OtherAuthority, "certificate signed by unknown authority")]
    [InlineData(ServerCertificateKind.Expired, "certificate has expired")]
    public async Task ServerCertificate_WhenItIsWrong_IsRefused(ServerCertificateKind kind, string reason)
    {
        await using var cluster = await StartClusterAsync(new() { ServerCertificate = kind });
        Assert.Contains(reason, (await SignIn(cluster).RunAsync("get", "pods")).Failed());
        Assert.Empty(cluster.Requests.All);
    }
}
