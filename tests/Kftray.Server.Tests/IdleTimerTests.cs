namespace Kftray.Relay.Tests;

/// <summary>When idle is idle.</summary>
public sealed class IdleTimerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(100);

    private readonly FakeTime _time = new();
    private int _calls;

    [Fact]
    public void Timer_ThatIsTouched_CountsFromThere()
    {
        using var timer = Start(ends: true);
        _time.Advance(TimeSpan.FromSeconds(70));
        timer.Touch();
        _time.Advance(TimeSpan.FromSeconds(99));
        Assert.Equal(0, _calls);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, _calls);
        _time.Advance(TimeSpan.FromSeconds(1000));
        Assert.Equal(1, _calls);
    }

    [Fact]
    public void Timer_WhoseOwnerGoesOn_CallsAgain()
    {
        using var timer = Start(ends: false);
        _time.Advance(Limit);
        _time.Advance(Limit);
        Assert.Equal(2, _calls);
    }

    [Fact]
    public void Timer_WhenDisposed_CallsNobody()
    {
        Start(ends: true).Dispose();
        _time.Advance(Limit * 2);
        Assert.Equal(0, _calls);
    }

    private IdleTimer Start(bool ends) => new(_time, Limit, () =>
    {
        _calls++;
        return ends;
    });
}
