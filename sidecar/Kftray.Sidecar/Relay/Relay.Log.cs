using Kftray.Relay;
using Kftray.Sidecar.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Relay;

internal static partial class RelayLog
{
    [LoggerMessage(EventIds.RelayReported, LogLevel.Debug, "Relay {Pod} reports {Status}: {Text}")]
    public static partial void RelayReported(this ILogger logger, string pod, RelayStatus status, string text);

    [LoggerMessage(EventIds.RelayCreated, LogLevel.Information, "Relay {Namespace}/{Job} created for {Target}")]
    public static partial void RelayCreated(this ILogger logger, string @namespace, string job, string target);

    [LoggerMessage(EventIds.RelayAdopted, LogLevel.Information, "Relay {Namespace}/{Job} of an earlier run adopted for {Target}")]
    public static partial void RelayAdopted(this ILogger logger, string @namespace, string job, string target);

    [LoggerMessage(EventIds.RelayReady, LogLevel.Information, "Relay {Namespace}/{Job} is ready after {ElapsedMs} ms: pod {Pod}")]
    public static partial void RelayReady(this ILogger logger, string @namespace, string job, string pod, long elapsedMs);

    [LoggerMessage(EventIds.RelayLost, LogLevel.Warning, "Relay {Namespace}/{Job} is lost and is replaced: {Fault}")]
    public static partial void RelayLost(this ILogger logger, string @namespace, string job, string fault);

    [LoggerMessage(EventIds.RelayTrouble, LogLevel.Warning, "There is no relay for {Target}: {Fault}")]
    public static partial void RelayTrouble(this ILogger logger, string target, string fault);

    [LoggerMessage(EventIds.RelayRemoved, LogLevel.Information, "Relay {Namespace}/{Job} removed")]
    public static partial void RelayRemoved(this ILogger logger, string @namespace, string job);

    [LoggerMessage(EventIds.RelaySweepFailed, LogLevel.Debug, "Relays of earlier runs in namespace {Namespace} could not be looked for: {Reason}")]
    public static partial void RelaySweepFailed(this ILogger logger, string @namespace, string reason);

    [LoggerMessage(EventIds.RelayLeft, LogLevel.Warning, "Relay {Namespace}/{Job} could not be removed; it ends by itself: {Reason}")]
    public static partial void RelayLeft(this ILogger logger, string @namespace, string job, string reason);
}
