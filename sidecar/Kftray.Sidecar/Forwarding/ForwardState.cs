using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Forwarding;

/// <summary>What a forward is doing. Written by <see cref="Forward"/> only; <see cref="ForwardStateMoves"/> referees.</summary>
internal abstract record ForwardState(ForwardStatus Status)
{
    /// <summary>Not wanted; nothing is bound.</summary>
    internal sealed record Stopped() : ForwardState(ForwardStatus.Stopped);

    /// <summary>Binding, or bound and waiting for the first answer; connections are held.</summary>
    internal sealed record Starting() : ForwardState(ForwardStatus.Starting);

    /// <summary>Connections are served; a live session proves it.</summary>
    /// <param name="RoundTrip">Of a ping to the pod's node; null while none was answered.</param>
    internal sealed record Active(IReadOnlyList<PodTarget> Pods, TimeSpan? RoundTrip = null) : ForwardState(ForwardStatus.Active)
    {
        public bool Equals(Active? other) => other is not null && RoundTrip == other.RoundTrip && Pods.SequenceEqual(other.Pods);

        public override int GetHashCode() => HashCode.Combine(Status, RoundTrip, Pods.Count);
    }

    /// <summary>Bound, but there is no usable pod now; new connections are held.</summary>
    internal sealed record Reconnecting(Fault Fault, int Attempt, WaitingFor WaitingFor, DateTimeOffset? NextAttemptAt)
        : ForwardState(ForwardStatus.Reconnecting);

    /// <summary>The local port could not be bound.</summary>
    internal sealed record Failed(Fault Fault) : ForwardState(ForwardStatus.Failed);

    /// <summary>Not allowed to run.</summary>
    internal sealed record Blocked(Fault Fault) : ForwardState(ForwardStatus.Blocked);
}

/// <summary>The legal moves between states.</summary>
internal static class ForwardStateMoves
{
    public static bool Allows(ForwardStatus from, ForwardStatus to) => (from, to) switch
    {
        // Stopping is possible at any time, and a state may be published again with other details.
        (_, ForwardStatus.Stopped) => true,
        (ForwardStatus.Reconnecting, ForwardStatus.Reconnecting) => true,
        (ForwardStatus.Active, ForwardStatus.Active) => true,
        (ForwardStatus.Failed, ForwardStatus.Failed) => true,
        (ForwardStatus.Blocked, ForwardStatus.Blocked) => true,
        (ForwardStatus.Stopped, ForwardStatus.Starting or ForwardStatus.Blocked) => true,
        (ForwardStatus.Starting, ForwardStatus.Active or ForwardStatus.Reconnecting or ForwardStatus.Failed) => true,
        (ForwardStatus.Active, ForwardStatus.Reconnecting) => true,
        (ForwardStatus.Reconnecting, ForwardStatus.Active) => true,
        (ForwardStatus.Failed, ForwardStatus.Starting) => true,

        // Only by an error nobody foresaw: it must show, and it must not take others with it.
        (ForwardStatus.Active or ForwardStatus.Reconnecting, ForwardStatus.Failed) => true,
        _ => false,
    };
}
