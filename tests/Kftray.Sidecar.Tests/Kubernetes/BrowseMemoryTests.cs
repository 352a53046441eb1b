using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Kubernetes;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes;

public sealed class BrowseMemoryTests
{
    private static readonly BrowseParams Shop = new(Context: "one", Namespace: "shop");
    private static readonly BrowseParams Remembered = Shop with { Remembered = true };

    [Fact]
    public async Task Remembered_WhatAPickerSaw_IsAnsweredWithoutTheCluster()
    {
        await using var world = new World();
        await using var memory = Create(world);
        await memory.BrowseAsync(Shop, TestContext.Current.CancellationToken);
        var asked = world.Cluster.Requests.Count;

        var recalled = await memory.BrowseAsync(Remembered, TestContext.Current.CancellationToken);

        Assert.Equal(["api"], recalled.Workloads.Select(workload => workload.Name));
        Assert.Equal(asked, world.Cluster.Requests.Count);
    }

    [Fact]
    public async Task Remembered_NothingYet_IsEmptyAtOnceAndKnownSoonAfter()
    {
        await using var world = new World();
        await using var memory = Create(world);

        var first = memory.BrowseAsync(Remembered, TestContext.Current.CancellationToken);
        Assert.True(first.IsCompletedSuccessfully);
        Assert.Empty((await first).Workloads);

        await memory.RefreshedAsync();
        Assert.NotEmpty((await memory.BrowseAsync(Remembered, TestContext.Current.CancellationToken)).Workloads);
    }

    [Fact]
    public async Task Remembered_WhenTheClusterRefuses_KeepsWhatWasKnown()
    {
        await using var world = new World();
        await using var memory = Create(world);
        await memory.BrowseAsync(Shop, TestContext.Current.CancellationToken);
        world.Cluster.Forbid("list", "services");
        world.Cluster.Forbid("list", "pods");
        world.Time.Advance(TimeSpan.FromMinutes(1));

        await memory.BrowseAsync(Remembered, TestContext.Current.CancellationToken);
        await memory.RefreshedAsync();

        Assert.NotEmpty((await memory.BrowseAsync(Remembered, TestContext.Current.CancellationToken)).Workloads);
    }

    private static BrowseMemory Create(World world)
    {
        world.Cluster.Put("services", "api", Objects.Service("api"));
        return new(new ClusterBrowser(world.Registry), world.Time);
    }
}
