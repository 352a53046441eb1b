using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Kubernetes.Watching;

/// <summary>How long to wait after a failed list or watch. Pure: time and chance come in.</summary>
internal static class WatchBackoff
{
    internal static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EagerPeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestAsked = TimeSpan.FromMinutes(5);

    /// <param name="attempt">Failures in this streak, from 1.</param>
    /// <param name="failingFor">Since the first failure of the streak.</param>
    /// <param name="retryAfter">What the server asked for.</param>
    /// <param name="chance">0 to 1: spreads those who failed together.</param>
    public static TimeSpan Delay(FaultKind kind, int attempt, TimeSpan failingFor, TimeSpan? retryAfter, double chance)
    {
        if (retryAfter is { } asked)
            return Min(asked, LongestAsked) + TimeSpan.FromSeconds(chance);

        // Somebody has to act first; asking every second would only fill the server's log. Neither a failed handshake nor refused credentials
        // are proof of that: a server that is cut off or starts shows both.
        if (NeedsSomebody(kind))
            return Min(TimeSpan.FromSeconds(Math.Pow(2, Math.Min(attempt, 5))), Longest) * (0.8 + (0.2 * chance));

        // A server that restarts is back within seconds, and is to be found within one.
        var delay = failingFor < EagerPeriod ? TimeSpan.FromSeconds(1) : Min(failingFor / 20, Longest);
        return delay * (0.8 + (0.2 * chance));
    }

    private static bool NeedsSomebody(FaultKind kind) => kind is FaultKind.Forbidden or FaultKind.CredentialsUnavailable
        or FaultKind.SignInRequired or FaultKind.KubeconfigInvalid or FaultKind.Throttled;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
