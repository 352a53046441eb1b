namespace Kftray.Sidecar.PortForward;

/// <summary>Spares a server that refuses sessions those that are only a convenience: the warm one, and one of its own for each connection.</summary>
internal sealed class OpeningThrottle(TimeProvider time)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private TimeSpan _pause;
    private long _refused;

    /// <summary>True while the last refusal is too recent.</summary>
    public bool IsClosed => _pause > TimeSpan.Zero && time.GetElapsedTime(_refused) < _pause;

    public void OnOpened() => _pause = TimeSpan.Zero;

    public void OnRefused()
    {
        // Several that were under way together are one refusal.
        if (IsClosed)
            return;
        _refused = time.GetTimestamp();
        _pause = _pause == TimeSpan.Zero ? Shortest : TimeSpan.FromTicks(Math.Min(2 * _pause.Ticks, Longest.Ticks));
    }
}
