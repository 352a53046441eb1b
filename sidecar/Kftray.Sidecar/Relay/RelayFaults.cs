using Kftray.Relay;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Relay;

/// <summary>What a relay's answers mean for a forward.</summary>
internal static class RelayFaults
{
    /// <summary>The relay's process is not there, or does not speak.</summary>
    public static Fault NoAnswer { get; } = new(FaultKind.ConnectionLost, "The relay in the cluster does not answer.", "It is tried again by itself.");

    /// <summary>Why a connection to the target could not be made; the relay has sent it nothing.</summary>
    /// <param name="text">The relay's own sentence.</param>
    public static PodStreamFailure From(RelayStatus status, string text) => new(
        new Fault(KindOf(status), Sentence(status, text), HintFor(status)),
        // At its limit the relay is fine for the others: only this connection ends.
        ApplicationGotNothing: status is not (RelayStatus.LimitReached or RelayStatus.Internal));

    private static FaultKind KindOf(RelayStatus status) => status switch
    {
        RelayStatus.NameNotFound => FaultKind.TargetNotFound,
        RelayStatus.Refused => FaultKind.ConnectionRefused,
        RelayStatus.Unreachable or RelayStatus.TimedOut => FaultKind.TargetUnreachable,
        RelayStatus.LimitReached => FaultKind.Throttled,
        _ => FaultKind.RelayFailed,
    };

    private static string Sentence(RelayStatus status, string text) => text.Length > 0 ? text : $"The relay answered with status {(byte)status}.";

    private static string? HintFor(RelayStatus status) => status switch
    {
        RelayStatus.NameNotFound => "Check remote_address: the name is looked up inside the cluster.",
        RelayStatus.Refused => "Check remote_port, and that the target runs.",
        RelayStatus.Unreachable or RelayStatus.TimedOut => "Check remote_address, and that network policies and firewalls let the cluster's pods reach it.",
        RelayStatus.WrongProtocol => "Remove the relay with 'kftray-sidecar relays --remove': another one is started.",
        _ => null,
    };
}
