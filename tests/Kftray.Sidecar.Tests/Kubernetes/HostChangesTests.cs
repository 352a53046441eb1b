using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes;

public sealed class HostChangesTests : TestBase
{
    private int _changes;

    [Fact]
    public async Task Time_PassingAsItShould_IsNoChange()
    {
        Watch();
        for (var i = 0; i < 100; i++)
            await TickAsync(HostChanges.Tick);
        Assert.Equal(0, _changes);
    }

    [Fact]
    public async Task Process_ThatWasSuspended_IsAChange()
    {
        Watch();
        await TickAsync(TimeSpan.FromSeconds(60));
        await TickAsync(HostChanges.Tick);
        Assert.Equal(1, _changes);
    }

    [Fact]
    public async Task WallClock_AheadOfTheMonotonicOne_IsAChange()
    {
        Watch();
        await TickAsync(HostChanges.Tick);
        Time.AdjustTime(Time.GetUtcNow() + TimeSpan.FromHours(8));
        await TickAsync(HostChanges.Tick);
        await TickAsync(HostChanges.Tick);
        Assert.Equal(1, _changes);
    }

    [Fact]
    public async Task Network_ThatChangesInSeveralSteps_IsOneChange()
    {
        var host = Watch();
        for (var i = 0; i < 5; i++)
            host.OnNetworkChanged(null, EventArgs.Empty);
        await TickAsync(HostChanges.Tick);
        await TickAsync(HostChanges.Tick);
        Assert.Equal(1, _changes);
    }

    private HostChanges Watch() => Own(new HostChanges(() => Interlocked.Increment(ref _changes), Time, NullLogger.Instance));

    // Returns when the loop waits for its next tick.
    private async Task TickAsync(TimeSpan elapsed)
    {
        await Time.Armed(HostChanges.Tick).WaitAsync(TimeoutToken);
        Time.Advance(elapsed);
        await Time.Armed(HostChanges.Tick).WaitAsync(TimeoutToken);
    }
}
