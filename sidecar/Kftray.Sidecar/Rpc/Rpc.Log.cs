using Kftray.Sidecar.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Rpc;

internal static partial class RpcLog
{
    [LoggerMessage(EventIds.ClientConnected, LogLevel.Information, "Sidecar {Version} serves the editor")]
    public static partial void ClientConnected(this ILogger logger, string version);

    [LoggerMessage(EventIds.RequestFailed, LogLevel.Error, "Request {Method} failed")]
    public static partial void RequestFailed(this ILogger logger, string? method, Exception exception);
}
