using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Kftray.Sidecar.Contract;
using Kftray.Testing;
using Kftray.Testing.Security;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests.Continuity;

/// <summary>The kubeconfig changes under running forwards.</summary>
[Collection(nameof(Alone))]
public sealed class SwitchTests : FunctionalTest
{
    [Fact]
    public async Task CurrentContext_Switched_IsFollowedWithinASecondAndPinnedForwardsKeepTheirConnections()
    {
        await using var other = await TestCluster.StartAsync(cancellationToken: TimeoutToken);
        var here = await RunApplicationAsync("db", "server-speaks-first");
        other.World.AddApplication(Shop, "db", "server-speaks-first", port: 80, containerPort: 8080);
        var there = (await other.Pods.WaitReadyAsync(Shop, "app=db", TimeoutToken))[0];
        await File.WriteAllTextAsync(Kubeconfig, Both(other, "one"), TimeoutToken);
        await ApplyAsync("""{ "alias": "follows", "service": "db", "remote_port": 80 }, { "alias": "pinned", "service": "db", "remote_port": 80, "context": "one" }""");
        var follows = await BecomesAsync("follows", ForwardStatus.Active);
        var pinned = await BecomesAsync("pinned", ForwardStatus.Active);
        using var wrong = await ConnectAsync(follows.LocalPort);
        using var kept = await ConnectAsync(pinned.LocalPort);
        Assert.Contains(here.Name, await wrong.ReceiveTextAsync(6 + here.Name.Length + 6, TimeoutToken), StringComparison.Ordinal);
        await kept.ReceiveTextAsync(4, TimeoutToken);

        var written = Stopwatch.GetTimestamp();
        await File.WriteAllTextAsync(Kubeconfig, Both(other, "two"), TimeoutToken);
        await Assert.ThrowsAsync<SocketException>(() => wrong.ReceiveAllTextAsync(TimeoutToken));
        var cut = Stopwatch.GetElapsedTime(written);
        using var client = await ConnectAsync(follows.LocalPort);
        Assert.Contains(there.Name, await client.ReceiveTextAsync(4 + there.Name.Length, TimeoutToken), StringComparison.Ordinal);
        var served = Stopwatch.GetElapsedTime(written);
        var moved = await WaitForAsync("follows", snapshot => snapshot is { Status: ForwardStatus.Active, Context: "two" });

        TestContext.Current.TestOutputHelper?.WriteLine($"Old connections cut {cut.TotalMilliseconds:0} ms after the file was written, the first served {served.TotalMilliseconds:0} ms after.");
        Assert.InRange(served, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Equal(follows.LocalPort, moved.LocalPort);
        Assert.Equal(0, (await WaitForAsync("pinned", _ => true)).Reconnects);
        await kept.SendTextAsync("x", TimeoutToken);
        Assert.NotEqual("", await kept.ReceiveTextAsync(1, TimeoutToken));
    }

    [Fact]
    public async Task Cluster_Recreated_BehindTheSameName_IsASwitch()
    {
        await RunApplicationAsync("db", "echo");
        var port = await ForwardAsync("db");
        using var old = await ConnectAsync(port);
        Assert.Equal("old", await old.EchoAsync("old", TimeoutToken));
        await using var next = await TestCluster.StartAsync(cancellationToken: TimeoutToken);
        next.World.AddApplication(Shop, "db", "server-speaks-first", port: 80, containerPort: 8080);
        var pod = (await next.Pods.WaitReadyAsync(Shop, "app=db", TimeoutToken))[0];

        next.WriteKubeconfig(Kubeconfig, @namespace: Shop);

        await Assert.ThrowsAsync<SocketException>(() => old.ReceiveAllTextAsync(TimeoutToken));
        using var client = await ConnectAsync(port);
        Assert.Contains(pod.Name, await client.ReceiveTextAsync(4 + pod.Name.Length, TimeoutToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Context_ThatDisappears_IsNamedAndComesBackWithItsPort()
    {
        await RunApplicationAsync("db", "echo");
        await ApplyAsync("""{ "service": "db", "remote_port": 80, "context": "demo" }""");
        var active = await BecomesAsync("db", ForwardStatus.Active);
        using var kept = await ConnectAsync(active.LocalPort);
        Assert.Equal("one", await kept.EchoAsync("one", TimeoutToken));
        var text = await File.ReadAllTextAsync(Kubeconfig, TimeoutToken);

        Cluster.WriteKubeconfig(Kubeconfig, contextName: "another", @namespace: Shop);
        var gone = await BecomesAsync("db", ForwardStatus.Reconnecting);
        Assert.Equal(FaultKind.ContextNotFound, gone.Fault?.Kind);
        Assert.Contains("'demo'", gone.Fault!.Message, StringComparison.Ordinal);

        await File.WriteAllTextAsync(Kubeconfig, text, TimeoutToken);
        var back = await BecomesAsync("db", ForwardStatus.Active);
        Assert.Equal(active.LocalPort, back.LocalPort);
        Assert.Equal("two", await kept.EchoAsync("two", TimeoutToken));
    }

    [Theory]
    [InlineData(CredentialKind.Token)]
    [InlineData(CredentialKind.ClientCertificate)]
    public async Task Credentials_Changed_ServeTheNextSessionAndLeaveTheOthersAlone(CredentialKind credential)
    {
        await RunApplicationAsync("db", "echo");
        var port = await ForwardAsync("db");
        using var kept = await ConnectAsync(port);
        Assert.Equal("one", await kept.EchoAsync("one", TimeoutToken));
        await RunApplicationAsync("other", "echo");
        Cluster.Users.Add("second", "system:masters");
        Cluster.Requests.Clear();

        Cluster.WriteKubeconfig(Kubeconfig, user: "second", @namespace: Shop, credential: credential);
        await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, TimeoutToken);
        await ApplyAsync("""{ "service": "db", "remote_port": 80 }, { "service": "other", "remote_port": 80 }""", wanted => wanted with { Enabled = ["work/db", "work/other"] });
        await BecomesAsync("other", ForwardStatus.Active);
        await Cluster.Requests.WaitAsync(request => request is { User: "second", Resource: "pods/portforward" }, TimeoutToken);

        Assert.Equal("two", await kept.EchoAsync("two", TimeoutToken));
        Assert.Equal(0, (await WaitForAsync("db", _ => true)).Reconnects);
    }

    private string Both(TestCluster other, string current)
    {
        var (first, second) = (Path.Combine(Folder, "first"), Path.Combine(Folder, "second"));
        Cluster.WriteKubeconfig(first, contextName: "one", @namespace: Shop);
        other.WriteKubeconfig(second, contextName: "two", @namespace: Shop);
        return Merged(File.ReadAllText(first), File.ReadAllText(second), current);
    }

    private static string Merged(string first, string second, string current)
    {
        var merged = JsonNode.Parse(first)!.AsObject();
        foreach (var list in (string[])["clusters", "users", "contexts"])
        {
            foreach (var entry in JsonNode.Parse(second)![list]!.AsArray())
                merged[list]!.AsArray().Add(entry!.DeepClone());
        }

        merged["current-context"] = current;
        return merged.ToJsonString();
    }
}
