using Kftray.Sidecar.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.PortForward;

internal static partial class PortForwardLog
{
    [LoggerMessage(EventIds.SessionOpened, LogLevel.Debug, "Session to pod {Namespace}/{Pod} opened over {Transport} in {Milliseconds} ms")]
    public static partial void SessionOpened(this ILogger logger, string @namespace, string pod, string transport, long milliseconds);

    [LoggerMessage(EventIds.SessionEnded, LogLevel.Debug, "Session to pod {Namespace}/{Pod} ended: {Reason}")]
    public static partial void SessionEnded(this ILogger logger, string @namespace, string pod, string reason);

    [LoggerMessage(EventIds.SessionRefused, LogLevel.Debug, "The way {Transport} to pod {Namespace}/{Pod} was refused: {Reason}")]
    public static partial void SessionRefused(this ILogger logger, string transport, string @namespace, string pod, string reason);

    [LoggerMessage(EventIds.TransportChosen, LogLevel.Information, "Pods of context {Context} are reached over {Transport}")]
    public static partial void TransportChosen(this ILogger logger, string context, string transport);

    [LoggerMessage(EventIds.BrokenProtocol, LogLevel.Warning, "The server broke the port-forward protocol: {Detail}")]
    public static partial void BrokenProtocol(this ILogger logger, string detail);

    [LoggerMessage(EventIds.TransportFailed, LogLevel.Debug, "The transport of a session failed: {Detail}")]
    public static partial void TransportFailed(this ILogger logger, string detail);

    [LoggerMessage(EventIds.HalfCloseImpossible, LogLevel.Information,
        "Over the legacy WebSockets of context {Context} a pod cannot be told that its client has sent everything: connections stay open for the reply until the pod closes")]
    public static partial void HalfCloseImpossible(this ILogger logger, string context);
}
