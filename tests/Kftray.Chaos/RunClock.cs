namespace Kftray.Chaos;

/// <summary>The time of a run, from its beginning: what the schedule, the truth and the connections are measured by.</summary>
internal sealed class RunClock(TimeProvider time)
{
    private readonly long _began = time.GetTimestamp();

    public TimeSpan Now => time.GetElapsedTime(_began);

    public Task DelayAsync(TimeSpan delay, CancellationToken stopping) => Task.Delay(delay > TimeSpan.Zero ? delay : TimeSpan.Zero, time, stopping);

    public Task UntilAsync(TimeSpan moment, CancellationToken stopping) => DelayAsync(moment - Now, stopping);

    /// <summary>A token that is cancelled after that time.</summary>
    public CancellationTokenSource Limit(TimeSpan limit) => new(limit, time);
}
