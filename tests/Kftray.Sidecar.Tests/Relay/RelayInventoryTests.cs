using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Relay;
using Kftray.Sidecar.Tests.Kubernetes;
using Xunit;
using static Kftray.Sidecar.Tests.Kubernetes.Objects;

namespace Kftray.Sidecar.Tests.Relay;

public sealed class RelayInventoryTests : RelayTestBase
{
    private const string Desktop = "kftray-forward-anna-udp-1700000000-abc123";

    private readonly RelayInventory _inventory;

    public RelayInventoryTests() => _inventory = new(World.Registry, World.Relays);

    [Fact]
    public async Task List_HasTheUsersRelays_AndThePodsOfTheUsersDesktopApp()
    {
        await using var answers = Resolve(Proxy());
        await answers.UnavailableAsync();
        PutJob("orphan", "me", "7-7000");
        PutJob("somebody-elses", "you", "7-7000");
        PutDesktopPod(Desktop);
        PutDesktopPod("kftray-forward-bert-udp-1700000000-abc123");

        var (relays, faults) = await _inventory.ListAsync(new(), TestContext.Current.CancellationToken);

        Assert.Empty(faults);
        Assert.Equal(
            [RelayUse.InUse, RelayUse.Orphaned, RelayUse.DesktopApp],
            relays.Select(relay => relay.Use));
        Assert.Equal("tcp db.internal:5432", relays[0].Target);
    }

    [Fact]
    public async Task Remove_OfWhatIsSomebodyElses_DoesNothing()
    {
        PutJob("orphan", "me", "7-7000");
        PutJob("somebody-elses", "you", "7-7000");
        PutDesktopPod(Desktop);
        RelayInfo[] wanted = [.. new[] { "orphan", "somebody-elses", Desktop }.Select(name => new RelayInfo("one", "shop", name, $"{name}-uid", "", RelayUse.Orphaned, null))];

        var (removed, _) = await _inventory.RemoveAsync(new(wanted), TestContext.Current.CancellationToken);

        Assert.Equal(["orphan", Desktop], removed.Select(relay => relay.Name));
        Assert.Equal(["somebody-elses"], World.Cluster.Names("jobs"));
        Assert.Empty(World.Cluster.Names("pods"));
    }

    [Fact]
    public async Task List_OfAClusterThatRefuses_SaysWhy()
    {
        World.Cluster.Forbid("list", "jobs");

        var (relays, faults) = await _inventory.ListAsync(new(), TestContext.Current.CancellationToken);

        Assert.Empty(relays);
        Assert.Equal(FaultKind.Forbidden, Assert.Single(faults).Kind);
    }

    private void PutDesktopPod(string name) =>
        World.Cluster.Put("pods", name, Pod(name, labels: $$"""{"app":"{{name}}","config_id":"3"}"""));
}
