namespace Kftray.Relay;

/// <summary>Calls back once nothing has happened for a time. To say that something happened costs one write.</summary>
internal sealed class IdleTimer : IDisposable
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _limit;
    private readonly Func<bool> _onIdle;
    private readonly ITimer _timer;
    private long _last;

    /// <param name="time">Drives the clock.</param>
    /// <param name="limit">Above zero.</param>
    /// <param name="onIdle">Returns false to be called again after another <paramref name="limit"/>.</param>
    public IdleTimer(TimeProvider time, TimeSpan limit, Func<bool> onIdle)
    {
        (_time, _limit, _onIdle) = (time, limit, onIdle);
        _last = time.GetTimestamp();
        // Set off after the field is set: a callback may come at once.
        _timer = time.CreateTimer(static self => ((IdleTimer)self!).Check(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(limit, Timeout.InfiniteTimeSpan);
    }

    public void Touch() => Volatile.Write(ref _last, _time.GetTimestamp());

    public void Dispose() => _timer.Dispose();

    private void Check()
    {
        var left = _limit - _time.GetElapsedTime(Volatile.Read(ref _last));
        if (left <= TimeSpan.Zero)
        {
            if (_onIdle())
                return;
            left = _limit;
        }

        _timer.Change(left, Timeout.InfiniteTimeSpan);
    }
}
