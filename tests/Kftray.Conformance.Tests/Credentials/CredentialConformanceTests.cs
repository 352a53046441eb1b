using Kftray.Sidecar.Contract;
using Kftray.Testing;
using Kftray.Testing.Security;
using Kftray.Testing.World;

namespace Kftray.Conformance.Tests.Credentials;

/// <summary>
/// The table: each row is a kubeconfig, tried by the real kubectl and by the sidecar. The server must see the same of both, in each of their requests,
/// and both must get there or be refused for the same reason.
/// </summary>
public sealed class CredentialConformanceTests : TestBase
{
    private static readonly CredentialRow[] Rows = [.. FileRows.All, .. ServerRows.All, .. ProxyRows.All, .. UserRows.All, .. PluginRows.All, .. OidcRows.All];

    public static TheoryData<string> Names => [.. Rows.Select(row => row.Name)];

    [Fact]
    public void Table_HasAtLeastFortyRowsAndNoneTwice()
    {
        Assert.True(Rows.Length >= 40, $"There are {Rows.Length} rows.");
        Assert.Equal(Rows.Length, Rows.Select(row => row.Name).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Kubeconfig_MeansToTheSidecarWhatItMeansToKubectl(string name)
    {
        var row = Rows.Single(candidate => candidate.Name == name);
        var cluster = await StartClusterAsync(row.Cluster);
        await using var world = new CredentialWorld(cluster, Folder, TimeoutToken);
        cluster.World.AddApplication("shop", "web", "http", port: 80, containerPort: 8080);
        await cluster.Pods.WaitReadyAsync("shop", "app=web", TimeoutToken);
        await row.Arrange(world);

        string[] place = [.. row.Context is null ? (string[])[] : ["--context", row.Context], "-n", "shop"];
        // Without --request-timeout: a flag that changes the configuration makes kubectl pass over a pod's service account.
        var kubectl = await world.Kubectl.RunAsync([.. place, "get", "service", "web", "-o", "name"]);
        var ofKubectl = Seen(cluster);
        row.Verify(world);
        cluster.Requests.Clear();
        // Anew: what kubectl has used up, such as a refresh token, is not the sidecar's to find.
        await row.Arrange(world);
        var settled = await SidecarRun.UntilSettledAsync(world, row.Context);
        var ofSidecar = Seen(cluster);
        row.Verify(world);

        if (row.Refusal is { } refusal)
        {
            var said = kubectl.Failed();
            Assert.True(said.Contains(row.KubectlSays, StringComparison.OrdinalIgnoreCase), $"kubectl said: {said}");
            Assert.True(settled.Fault?.Kind == refusal, $"{settled.Status}: {settled.Fault}");
            Assert.Contains(row.SidecarSays, $"{settled.Fault!.Message} {settled.Fault.Hint}", StringComparison.Ordinal);
            Assert.Equal(ofKubectl, ofSidecar);
            return;
        }

        Assert.True(settled.Status == ForwardStatus.Active, $"{settled.Status}: {settled.Fault}");
        Assert.Equal(row.User, Assert.Single(ofSidecar).User);
        if (row.Kinder is not null)
        {
            Assert.Contains(row.KubectlSays, kubectl.Failed(), StringComparison.OrdinalIgnoreCase);
            return;
        }

        Assert.Equal("service/web", kubectl.Succeeded().Trim());
        Assert.Equal(ofKubectl, ofSidecar);

        cluster.Requests.Clear();
        await row.Arrange(world);
        await using var portForward = world.Kubectl.Start(null, [.. place, "port-forward", "service/web", ":80"]);
        Assert.StartsWith("hello from web-", await GetAsync(await portForward.LocalPortAsync()), StringComparison.Ordinal);
        Assert.Equal(Seen(cluster), ofSidecar);
    }

    private async Task<string> GetAsync(int port)
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/"), TimeoutToken);
    }

    /// <summary>The different ways in which requests presented themselves.</summary>
    private static RequestIdentity[] Seen(TestCluster cluster) => [.. cluster.Requests.All.Select(request => request.Identity!).Distinct()];
}
