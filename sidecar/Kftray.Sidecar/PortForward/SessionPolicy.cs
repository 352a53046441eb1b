namespace Kftray.Sidecar.PortForward;

/// <summary>Which session a connection gets, and when there should be another one. Decides, and changes nothing.</summary>
internal static class SessionPolicy
{
    // Shorter than this is a client that reads as fast as it can, between two reads.
    private static readonly TimeSpan StalledAfter = TimeSpan.FromMilliseconds(20);

    /// <summary>Whether another session is better than sharing: those that stand still do not count towards the cap.</summary>
    public static bool IsBelowCap(IReadOnlyCollection<PooledSession> sessions, int underway, int cap, TimeProvider time) =>
        sessions.Count(entry => entry.Session.IsUsable && !HasStalled(entry, time)) + underway < cap;

    /// <summary>Whether there may be another session at all.</summary>
    public static bool IsBelowHardLimit(IReadOnlyCollection<PooledSession> sessions, int underway) => sessions.Count + underway < SessionLimits.Hard;

    /// <summary>An idle session; or, where connections have to share, the least loaded one. Never one that stands still right now.</summary>
    public static PooledSession? Choose(IReadOnlyCollection<PooledSession> sessions, bool share)
    {
        PooledSession? best = null;
        var least = share ? int.MaxValue : 1;
        foreach (var entry in sessions)
        {
            var load = entry.Session.Load;
            var streams = load.Busy + entry.Reserved;
            if (streams < least && !load.IsStalled && entry.Session.IsUsable)
                (best, least) = (entry, streams);
        }

        return best;
    }

    /// <summary>The one that has stood still for longest; null when all move.</summary>
    public static PooledSession? LongestStalled(IReadOnlyCollection<PooledSession> sessions) =>
        sessions.Where(entry => entry.Session.Load.IsStalled).MinBy(entry => entry.Session.Load.StalledSince ?? long.MaxValue);

    private static bool HasStalled(PooledSession entry, TimeProvider time) =>
        entry.Session.Load.StalledSince is { } since && time.GetElapsedTime(since) >= StalledAfter;
}
