using System.Net.Sockets;

namespace Kftray.Relay;

/// <summary>Why a client is not served: what it is told, and what is counted.</summary>
/// <param name="status">Never <see cref="RelayStatus.Ok"/>.</param>
/// <param name="message">A sentence for people.</param>
/// <param name="cause">What it was classified from, if anything.</param>
internal sealed class RelayException(RelayStatus status, string message, Exception? cause = null) : Exception(message, cause)
{
    public RelayStatus Status => status;

    /// <summary>The one place where a failure on the way to the target is classified.</summary>
    /// <param name="error">What the system said.</param>
    /// <param name="target">The name and port as configured.</param>
    public static RelayException From(SocketError error, string target) => error switch
    {
        SocketError.HostNotFound or SocketError.NoData or SocketError.NoRecovery =>
            new(RelayStatus.NameNotFound, $"The name of {target} was not found in the cluster."),
        SocketError.TryAgain => new(RelayStatus.NameNotFound, $"The name of {target} could not be looked up: the cluster's DNS did not answer."),
        SocketError.ConnectionRefused => new(RelayStatus.Refused, $"{target} refused: nothing listens there."),
        SocketError.ConnectionReset => new(RelayStatus.Refused, $"{target} reset the connection at once."),
        SocketError.TimedOut => new(RelayStatus.TimedOut, $"{target} did not answer in time."),
        SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.HostDown or SocketError.NetworkDown
            or SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported =>
            new(RelayStatus.Unreachable, $"{target} is unreachable from the relay's pod."),
        SocketError.AccessDenied => new(RelayStatus.Unreachable, $"The relay's pod may not send to {target}."),
        SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable =>
            new(RelayStatus.LimitReached, "The relay's pod has no more sockets or memory for them."),
        _ => new(RelayStatus.Internal, $"{target} cannot be reached: {error}."),
    };
}
