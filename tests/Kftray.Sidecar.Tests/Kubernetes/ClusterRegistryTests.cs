using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes;

public sealed class ClusterRegistryTests
{
    [Fact]
    public async Task Open_SameContextTwice_IsTheSameCluster()
    {
        await using var world = new World();
        var kubeconfig = world.Registry.WatchKubeconfig(null);
        Assert.Same(world.Registry.Open(kubeconfig, "one").Cluster, world.Registry.Open(kubeconfig, null).Cluster);
        Assert.NotSame(world.Registry.Open(kubeconfig, "one").Cluster, world.Registry.Open(kubeconfig, "two").Cluster);
    }

    [Fact]
    public async Task Open_OtherCredentials_KeepsTheClusterAndItsSessions()
    {
        await using var world = new World();
        var kubeconfig = world.Registry.WatchKubeconfig(null);
        var before = world.Registry.Open(kubeconfig, null).Cluster;

        await ChangeAsync(world, kubeconfig, () => world.WriteKubeconfig(token: "t2"));

        Assert.Same(before, world.Registry.Open(kubeconfig, null).Cluster);
        Assert.Equal("t2", before.Context.User.Token);
        Assert.False(world.Dialers.Single().IsDisposed);
    }

    [Fact]
    public async Task Open_OtherServer_ClosesTheOldCluster()
    {
        await using var world = new World();
        var kubeconfig = world.Registry.WatchKubeconfig(null);
        var before = world.Registry.Open(kubeconfig, null).Cluster;

        await ChangeAsync(world, kubeconfig, () => world.WriteKubeconfig(serverOfOne: "https://new.test"));

        Assert.NotSame(before, world.Registry.Open(kubeconfig, null).Cluster);
        Assert.Equal([true, false], world.Dialers.Select(d => d.IsDisposed));
    }

    [Fact]
    public async Task Kubeconfig_HalfWritten_KeepsTheLastGoodForAMoment()
    {
        await using var world = new World();
        var kubeconfig = world.Registry.WatchKubeconfig(null);
        var version = kubeconfig.Current;
        await File.WriteAllTextAsync(world.KubeconfigPath, "contexts: [", TestContext.Current.CancellationToken);
        await world.PassPollAsync();

        world.WriteKubeconfig(current: "two");

        var next = await world.PassPollsUntil(Next(kubeconfig, version));
        Assert.Equal("two", next.Kubeconfig?.CurrentContext);
    }

    [Theory]
    [InlineData("")]
    [InlineData("current-context: two\ncontexts:\n- {name: one, context: {cluster: one, user: me}}\nclusters:\n- {name: one, cluster: {server: https://one.test}}\n")]
    public async Task Kubeconfig_WrittenInPart_IsNotBelievedForAMoment(string part)
    {
        await using var world = new World();
        var kubeconfig = world.Registry.WatchKubeconfig(null);
        var version = kubeconfig.Current;
        await File.WriteAllTextAsync(world.KubeconfigPath, part, TestContext.Current.CancellationToken);
        await world.PassPollAsync();

        world.WriteKubeconfig(current: "two");

        var next = await world.PassPollsUntil(Next(kubeconfig, version));
        Assert.Equal("two", next.Kubeconfig?.CurrentContext);
        Assert.Equal("two", next.Kubeconfig!.Resolve(null).Name);
    }

    [Fact]
    public async Task Kubeconfig_OneOfTwoFilesBrieflyMissing_KeepsItsContexts()
    {
        await using var world = new World();
        var second = Path.Combine(world.Directory, "second");
        await File.WriteAllTextAsync(second, "current-context: other\ncontexts: []\n", TestContext.Current.CancellationToken);
        var kubeconfig = world.Registry.WatchKubeconfig($"{world.KubeconfigPath}{Path.PathSeparator}{second}");
        var version = kubeconfig.Current;
        var text = await File.ReadAllTextAsync(world.KubeconfigPath, TestContext.Current.CancellationToken);

        File.Delete(world.KubeconfigPath);
        await world.PassPollAsync();
        Assert.Same(version, kubeconfig.Current);

        await File.WriteAllTextAsync(world.KubeconfigPath, text.Replace("current-context: one", "current-context: two", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Equal("two", (await world.PassPollsUntil(Next(kubeconfig, version))).Kubeconfig?.CurrentContext);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Kubeconfig_ReplacedByRenameOrBehindASymbolicLink_IsRead(bool linked)
    {
        await using var world = new World();
        var text = await File.ReadAllTextAsync(world.KubeconfigPath, TestContext.Current.CancellationToken);
        var path = world.KubeconfigPath;
        if (linked)
        {
            path = Path.Combine(world.Directory, "link");
            File.CreateSymbolicLink(path, world.KubeconfigPath);
        }

        var kubeconfig = world.Registry.WatchKubeconfig(path);
        var version = kubeconfig.Current;
        var next = Path.Combine(world.Directory, "next");
        await File.WriteAllTextAsync(next, text.Replace("current-context: one", "current-context: two", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        if (linked)
        {
            File.CreateSymbolicLink(path + ".new", next);
            File.Move(path + ".new", path, overwrite: true);
        }
        else
        {
            File.Move(next, path, overwrite: true);
        }

        Assert.Equal("two", (await world.PassPollsUntil(Next(kubeconfig, version))).Kubeconfig?.CurrentContext);
    }

    [Fact]
    public async Task Kubeconfig_StaysBroken_IsAFaultAndRecovers()
    {
        await using var world = new World();
        var kubeconfig = world.Registry.WatchKubeconfig(null);
        var version = kubeconfig.Current;
        await File.WriteAllTextAsync(world.KubeconfigPath, "contexts: [", TestContext.Current.CancellationToken);
        var broken = await world.PassPollsUntil(Next(kubeconfig, version));
        Assert.Equal(FaultKind.KubeconfigInvalid, broken.Fault?.Kind);
        Assert.Throws<ForwardException>(() => world.Registry.Open(kubeconfig, null));

        version = kubeconfig.Current;
        File.Delete(world.KubeconfigPath);
        Assert.Equal(FaultKind.KubeconfigNotFound, (await world.PassPollsUntil(Next(kubeconfig, version))).Fault?.Kind);

        await ChangeAsync(world, kubeconfig, () => world.WriteKubeconfig());
        Assert.Null(kubeconfig.Current.Value.Fault);
    }

    [Fact]
    public async Task Browse_ContextNamespaceWorkloads_AnswersStepByStep()
    {
        await using var world = new World();
        world.Cluster.Put("namespaces", "shop", """{"metadata":{"name":"shop","uid":"1"}}""");
        world.Cluster.Put("services", "api", Objects.Service("api"));
        world.Cluster.Put("pods", "web-0", Objects.Pod("web-0"));
        var browser = new ClusterBrowser(world.Registry);
        var cancellation = TestContext.Current.CancellationToken;

        var contexts = await browser.BrowseAsync(new(), cancellation);
        Assert.Equal(["one", "two"], contexts.Contexts);
        Assert.Equal("one", contexts.CurrentContext);
        Assert.Empty(world.Cluster.Requests);

        var namespaces = await browser.BrowseAsync(new(Context: "one"), cancellation);
        Assert.Equal(["shop"], namespaces.Namespaces);
        Assert.Equal("shop", namespaces.DefaultNamespace);

        var workloads = (await browser.BrowseAsync(new(Context: "one", Namespace: "shop"), cancellation)).Workloads;
        Assert.Equal([(WorkloadType.Service, "api", 80), (WorkloadType.Pod, "web-0", 8080)],
            workloads.Select(w => (w.Type, w.Name, w.Ports[0].Number)));
        Assert.Equal("app=web", workloads[1].Selector);
    }

    [Fact]
    public async Task Browse_Pods_SayWhoseTheyAreAndWhatTheyShare()
    {
        await using var world = new World();
        world.Cluster.Put("pods", "web-7d9f-x", Objects.Pod("web-7d9f-x", labels: """{"tier":"front","pod-template-hash":"7d9f"}""", owner: ("ReplicaSet", "web-7d9f")));
        world.Cluster.Put("pods", "db-0", Objects.Pod("db-0", labels: """{"app":"db","statefulset.kubernetes.io/pod-name":"db-0"}""", owner: ("StatefulSet", "db")));

        var browser = new ClusterBrowser(world.Registry);
        var workloads = (await browser.BrowseAsync(new(Context: "one", Namespace: "shop"), TestContext.Current.CancellationToken)).Workloads;

        Assert.Equal([("statefulset/db", "app=db"), ("deployment/web", "tier=front")], workloads.Select(w => (w.Owner, w.Selector)));
    }

    [Fact]
    public async Task Browse_NamespacesForbidden_OffersTheContextsOwn()
    {
        await using var world = new World();
        world.Cluster.Forbid("list", "namespaces");
        var result = await new ClusterBrowser(world.Registry).BrowseAsync(new(Context: "one"), TestContext.Current.CancellationToken);
        Assert.Equal(["shop"], result.Namespaces);
    }

    [Fact]
    public async Task Browse_UnknownContext_IsAFault()
    {
        await using var world = new World();
        var fault = await Assert.ThrowsAsync<ForwardException>(
            () => new ClusterBrowser(world.Registry).BrowseAsync(new(Context: "onee"), TestContext.Current.CancellationToken));
        Assert.Equal("Did you mean 'one'?", fault.Fault.Hint);
    }

    private static async Task ChangeAsync(World world, KubeconfigWatch kubeconfig, Action change)
    {
        var version = kubeconfig.Current;
        change();
        await world.PassPollsUntil(Next(kubeconfig, version));
    }

    private static async Task<KubeconfigState> Next(KubeconfigWatch kubeconfig, LatestValue<KubeconfigState>.Version version)
    {
        await version.Superseded;
        return kubeconfig.Current.Value;
    }
}
