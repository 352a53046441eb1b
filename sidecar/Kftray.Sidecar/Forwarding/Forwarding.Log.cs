using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Forwarding;

internal static partial class ForwardingLog
{
    [LoggerMessage(EventIds.ForwardChanged, LogLevel.Information, "Forward {ForwardId} is {Status}")]
    public static partial void ForwardChanged(this ILogger logger, string forwardId, ForwardStatus status);

    [LoggerMessage(EventIds.ForwardActive, LogLevel.Information, "Forward {ForwardId} is active on pod {Pod}")]
    public static partial void ForwardActive(this ILogger logger, string forwardId, string pod);

    [LoggerMessage(EventIds.ForwardReconnecting, LogLevel.Warning, "Forward {ForwardId} is reconnecting: {Fault} (attempt {Attempt})")]
    public static partial void ForwardReconnecting(this ILogger logger, string forwardId, string fault, int attempt);

    [LoggerMessage(EventIds.ForwardStillReconnecting, LogLevel.Debug, "Forward {ForwardId} is still reconnecting: {Fault} (attempt {Attempt})")]
    public static partial void ForwardStillReconnecting(this ILogger logger, string forwardId, string fault, int attempt);

    [LoggerMessage(EventIds.ForwardFailed, LogLevel.Warning, "Forward {ForwardId} failed: {Fault}")]
    public static partial void ForwardFailed(this ILogger logger, string forwardId, string fault);

    [LoggerMessage(EventIds.ForwardStopped, LogLevel.Debug, "Forward {ForwardId} has released everything")]
    public static partial void ForwardStopped(this ILogger logger, string forwardId);

    [LoggerMessage(EventIds.ResolverStopped, LogLevel.Trace, "Forward {ForwardId} no longer follows its target")]
    public static partial void ResolverStopped(this ILogger logger, string forwardId);

    [LoggerMessage(EventIds.ForwardFaulted, LogLevel.Error, "Forward {ForwardId} ended by an unexpected error")]
    public static partial void ForwardFaulted(this ILogger logger, string forwardId, Exception exception);

    [LoggerMessage(EventIds.ConnectionEnded, LogLevel.Debug, "A connection of forward {ForwardId} was reset: {Reason}")]
    public static partial void ConnectionEnded(this ILogger logger, string forwardId, string reason);

    [LoggerMessage(EventIds.ConnectionFaulted, LogLevel.Error, "A connection of forward {ForwardId} failed unexpectedly")]
    public static partial void ConnectionFaulted(this ILogger logger, string forwardId, Exception exception);

    [LoggerMessage(EventIds.ConnectionReplayed, LogLevel.Debug, "A connection of forward {ForwardId} leaves pod {Pod}: {Reason}")]
    public static partial void ConnectionReplayed(this ILogger logger, string forwardId, string pod, string reason);

    [LoggerMessage(EventIds.ConnectionLingered, LogLevel.Trace, "A client of forward {ForwardId} did not end after the pod had: {Reason}")]
    public static partial void ConnectionLingered(this ILogger logger, string forwardId, string reason);

    /// <summary>The first of a streak is worth a line; its repetitions are for those who look closer.</summary>
    public static void StateReached(this ILogger logger, string forwardId, ForwardState previous, ForwardState state)
    {
        switch (state)
        {
            case ForwardState.Reconnecting { Fault: var fault, Attempt: var attempt } when previous is not ForwardState.Reconnecting:
                logger.ForwardReconnecting(forwardId, fault.Message, attempt);
                break;
            case ForwardState.Reconnecting { Fault: var fault, Attempt: var attempt }:
                logger.ForwardStillReconnecting(forwardId, fault.Message, attempt);
                break;
            case ForwardState.Failed { Fault: var fault } when previous is not ForwardState.Failed:
                logger.ForwardFailed(forwardId, fault.Message);
                break;
            case ForwardState.Active { Pods: var same } when previous is ForwardState.Active before && before.Pods[0] == same[0]:
                break; // Another pod beside it, or a slower ping: nothing for the log.
            case ForwardState.Active { Pods: var pods }:
                logger.ForwardActive(forwardId, pods[0].Name);
                break;
            default:
                logger.ForwardChanged(forwardId, state.Status);
                break;
        }
    }
}
