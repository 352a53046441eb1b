using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Xunit;

namespace Kftray.Sidecar.Tests.Forwarding;

public sealed class ForwardSetTests : ForwardTestBase
{
    [Fact]
    public async Task Apply_TheSameTwice_TouchesNothing()
    {
        var spec = await ActiveAsync();
        var client = Connect();
        await Dialer.NextStreamAsync(TimeoutToken);
        var batches = Feed.Batches.SelectMany(batch => batch.Snapshots).Count(snapshot => snapshot.Status == ForwardStatus.Active);

        await ApplyAsync(spec);

        Assert.Equal(1, Binder.Attempts);
        Assert.False(client.Reset.IsCompleted);
        Assert.Equal(batches, Feed.Of(spec.Id).Count(snapshot => snapshot.Status == ForwardStatus.Active));
    }

    [Fact]
    public async Task Apply_WithAnotherAlias_RenamesTheRunningForwardOnce()
    {
        var spec = await ActiveAsync();
        var client = Connect();
        await Dialer.NextStreamAsync(TimeoutToken);
        var renamed = spec with { Id = "app/shop", Alias = "shop" };

        // The editor still says the old id is enabled: it learns of the new one from the snapshot. Reading the state does not use that up.
        await Set.ApplyAsync([renamed], new HashSet<string> { spec.Id }, TimeoutToken);
        _ = Set.Snapshots;

        var snapshot = await Feed.Becomes("app/shop", ForwardStatus.Active, TimeoutToken);
        Assert.False(client.Reset.IsCompleted);
        Assert.Equal(1, Binder.Attempts);
        Resolver.Unavailable();
        await Feed.Becomes("app/shop", ForwardStatus.Reconnecting, TimeoutToken);
        Assert.Equal("app/web", Assert.Single(Feed.Of("app/shop"), one => one.PreviousId is not null).PreviousId);
        Assert.DoesNotContain(Feed.Batches, batch => batch.Removed.Count > 0);
        Assert.Equal("shop", snapshot.Alias);
    }

    [Fact]
    public async Task Apply_WithAnotherRoute_RestartsOnlyThatForward()
    {
        Resolver.Ready(Dialer.Pod("web-0"));
        var (web, other) = (Spec("web"), Spec("other", 18081));
        await ApplyAsync(web, other);
        await Becomes(ForwardStatus.Active);
        await Feed.Becomes(other.Id, ForwardStatus.Active, TimeoutToken);
        var (moved, kept) = (Connect(), Connect(18081));
        await Dialer.NextStreamAsync(TimeoutToken);
        await Dialer.NextStreamAsync(TimeoutToken);

        await ApplyAsync(web with { RemotePort = new PortReference(81) }, other);

        await moved.Reset.WaitAsync(TimeoutToken);
        Assert.False(kept.Reset.IsCompleted);
        await Feed.Becomes(web.Id, snapshot => snapshot is { Status: ForwardStatus.Active, RemotePort: "81" }, TimeoutToken);
        Assert.DoesNotContain(Feed.Batches, batch => batch.Removed.Count > 0);
    }

    [Fact]
    public async Task Apply_WithTheRouteEdited_NeverShowsTheOldOneAgain()
    {
        var spec = await ActiveAsync();

        await ApplyAsync(spec with { RemotePort = new PortReference(81) });
        await Feed.Becomes(spec.Id, snapshot => snapshot is { Status: ForwardStatus.Active, RemotePort: "81" }, TimeoutToken);

        var ports = Feed.Of(spec.Id).Select(snapshot => snapshot.RemotePort).ToList();
        Assert.Equal(ports.Order(), ports);
        Assert.All(Feed.Batches, batch => Assert.Equal(batch.Snapshots.Count, batch.Snapshots.DistinctBy(snapshot => snapshot.Id).Count()));
    }

    [Fact]
    public async Task Apply_ThatSwapsTwoPorts_BringsBothBack()
    {
        Resolver.Ready(Dialer.Pod("web-0"));
        await ApplyAsync(Spec("a", 18001), Spec("b", 18002));
        await Feed.Becomes("app/a", ForwardStatus.Active, TimeoutToken);
        await Feed.Becomes("app/b", ForwardStatus.Active, TimeoutToken);

        await ApplyAsync(Spec("a", 18002), Spec("b", 18001));

        await Feed.Becomes("app/a", snapshot => snapshot is { Status: ForwardStatus.Active, LocalPort: 18002 }, TimeoutToken);
        await Feed.Becomes("app/b", snapshot => snapshot is { Status: ForwardStatus.Active, LocalPort: 18001 }, TimeoutToken);
        Assert.DoesNotContain(Feed.Batches.SelectMany(batch => batch.Snapshots), snapshot => snapshot.Status == ForwardStatus.Failed);
    }

    [Fact]
    public async Task Apply_WithoutARunningForward_StopsItAndSaysItIsGoneLast()
    {
        await ActiveAsync();

        await ApplyAsync();

        await Feed.WaitFor(batches => batches.Any(batch => batch.Removed.Contains("app/web")), TimeoutToken);
        Assert.Empty(Binder.Bound);
        Assert.Empty(Set.Snapshots);

        // Whatever changes elsewhere afterwards, the removed one does not come back.
        await ApplyAsync(Spec("other", 18081));
        await Feed.Becomes("app/other", ForwardStatus.Active, TimeoutToken);
        var gone = Feed.Batches.ToList().FindIndex(batch => batch.Removed.Contains("app/web"));
        Assert.DoesNotContain(Feed.Batches.Skip(gone), batch => batch.Snapshots.Any(snapshot => snapshot.Id == "app/web"));
    }

    [Fact]
    public async Task Apply_ThatDisables_KeepsTheForwardKnownAndStopped()
    {
        var spec = await ActiveAsync();

        await Set.ApplyAsync([spec], new HashSet<string>(), TimeoutToken);
        await Becomes(ForwardStatus.Stopped);
        Assert.True(Set.Contains(spec.Id));

        await ApplyAsync(spec);
        var again = await Becomes(ForwardStatus.Active);
        Assert.Equal(0, again.Reconnects);
    }

    [Fact]
    public async Task Apply_WithNewLimits_KeepsConnections()
    {
        var spec = await ActiveAsync();
        var client = Connect();
        await Dialer.NextStreamAsync(TimeoutToken);

        await ApplyAsync(spec with { HoldTimeout = TimeSpan.FromSeconds(1), Line = 12 });

        await Feed.Becomes(spec.Id, snapshot => snapshot.Line == 12, TimeoutToken);
        Assert.False(client.Reset.IsCompleted);
    }

    [Fact]
    public async Task Apply_Concurrently_EndsWithTheLastOne()
    {
        Resolver.Ready(Dialer.Pod("web-0"));
        var applies = Enumerable.Range(0, 20).Select(i => ApplyAsync(Spec("web", 18100 + i % 3), Spec($"n{i}", 0))).ToList();
        await Task.WhenAll(applies);

        await ApplyAsync(Spec("web"));

        await Feed.WaitFor(_ => Set.Snapshots is [{ Status: ForwardStatus.Active, LocalPort: Port }], TimeoutToken);
        Assert.Equal([Port], Binder.Bound);
    }

    [Fact]
    public async Task Dispose_StopsEverything()
    {
        await ActiveAsync();

        await Set.DisposeAsync();

        Assert.Empty(Binder.Bound);
        Assert.Equal(0, Dialer.HeldLeases);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => ApplyAsync());
    }
}
