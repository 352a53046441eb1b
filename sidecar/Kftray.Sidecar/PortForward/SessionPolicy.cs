namespace Kftray.Sidecar.PortForward;

/// <summary>Which session a connection gets, and when there should be another one. Decides, and changes nothing.</summary>
internal static class SessionPolicy
{
    // Shorter than this is a client that reads as fast as it can, between two reads.
    private static readonly TimeSpan StalledAfter = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether another session may be opened: sessions that nobody can use do not count, but even with them there is a limit.</summary>
    public static bool MayOpen(IReadOnlyCollection<PooledSession> sessions, int underway, int cap, TimeProvider time) =>
        sessions.Count + underway < SessionLimits.Hard && sessions.Count(entry => IsOpenForOthers(entry, time)) + underway < cap;

    /// <summary>An idle session; or, where connections have to share, the least loaded one that moves.</summary>
    public static PooledSession? Choose(IReadOnlyCollection<PooledSession> sessions, bool share, TimeProvider time)
    {
        PooledSession? best = null;
        var least = (IsStalled: true, Streams: int.MaxValue);
        foreach (var entry in sessions)
        {
            var load = entry.Session.Load;
            var candidate = (load.IsStalled, Streams: load.Busy + entry.Reserved);
            if (candidate.CompareTo(least) >= 0 || !IsOpenForOthers(entry, time) || (!share && candidate is not (false, 0)))
                continue;
            (best, least) = (entry, candidate);
        }

        return best;
    }

    /// <summary>The one that has stood still for longest: null when all move.</summary>
    public static PooledSession? LongestStalled(IReadOnlyCollection<PooledSession> sessions) =>
        sessions.Where(entry => entry.Session.Load.IsStalled).MinBy(entry => entry.Session.Load.StalledSince ?? long.MaxValue);

    private static bool IsOpenForOthers(PooledSession entry, TimeProvider time) =>
        entry.Session.IsUsable && !(entry.Session.Load.StalledSince is { } since && time.GetElapsedTime(since) >= StalledAfter);
}
