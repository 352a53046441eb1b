using Kftray.Sidecar.Diagnostics;
using Kftray.Sidecar.Tests.Fakes;
using Xunit;

namespace Kftray.Sidecar.Tests.Diagnostics;

public sealed class IdleMemoryTests : TestBase
{
    private long _allocated;
    private int _released;

    [Fact]
    public async Task Memory_OfAProcessThatWasNeverBusy_IsLeftAlone()
    {
        Watch();
        for (var i = 0; i < 20; i++)
            await TickAsync(IdleMemory.Quiet / 2);
        Assert.Equal(0, _released);
    }

    [Fact]
    public async Task Memory_AfterABusyTime_IsGivenBackAFewTimesAndThenLeftAlone()
    {
        Watch();
        await TickAsync(100 * IdleMemory.Quiet);
        await TickAsync(0);
        Assert.Equal(0, _released);
        await TickAsync(0);
        Assert.Equal(1, _released);
        for (var i = 0; i < 20; i++)
            await TickAsync(0);
        Assert.Equal(IdleMemory.Rounds, _released);
    }

    [Fact]
    public async Task Memory_WhileConnectionsComeAndGo_IsLeftAlone()
    {
        Watch();
        for (var i = 0; i < 20; i++)
            await TickAsync(i % 2 == 0 ? 2 * IdleMemory.Quiet : 0);
        Assert.Equal(0, _released);
    }

    private void Watch() => Own(new IdleMemory(() => Volatile.Read(ref _allocated), () => Interlocked.Increment(ref _released), Time));

    private async Task TickAsync(long allocated)
    {
        await Time.Armed(IdleMemory.Tick).WaitAsync(TimeoutToken);
        Interlocked.Add(ref _allocated, allocated);
        Time.Advance(IdleMemory.Tick);
        await Time.Armed(IdleMemory.Tick).WaitAsync(TimeoutToken);
    }
}
