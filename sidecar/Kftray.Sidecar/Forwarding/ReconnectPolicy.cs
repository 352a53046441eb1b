namespace Kftray.Sidecar.Forwarding;

/// <summary>How long to wait before the next attempt. Pure.</summary>
internal static class ReconnectPolicy
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(200);

    /// <summary>In the first minute nobody should wait longer than this for a cluster that is back.</summary>
    private static readonly TimeSpan EarlyLimit = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Early = TimeSpan.FromMinutes(1);

    /// <param name="attempt">How many attempts have failed, from 1.</param>
    /// <param name="elapsed">Since the first of them failed.</param>
    /// <param name="longest">The user's limit.</param>
    /// <param name="jitter">0–1: spreads the forwards of one cluster over the last quarter of the delay.</param>
    public static TimeSpan Delay(int attempt, TimeSpan elapsed, TimeSpan longest, double jitter)
    {
        var delay = elapsed < Early
            ? Min(First * Math.Pow(2, Math.Min(attempt - 1, 10)), EarlyLimit)
            : EarlyLimit * Math.Pow(2, Math.Min((elapsed - Early) / Early, 10));
        return Min(delay, longest) * (1 - jitter / 4);
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
