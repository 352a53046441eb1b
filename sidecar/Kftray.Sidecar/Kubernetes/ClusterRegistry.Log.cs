using Kftray.Sidecar.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Kubernetes;

internal sealed partial class ClusterRegistry
{
    private static partial class Log
    {
        [LoggerMessage(EventIds.ClusterOpened, LogLevel.Information, "Context {Context}: API server {Server}")]
        public static partial void Opened(ILogger logger, string context, Uri server);

        [LoggerMessage(EventIds.ClusterReplaced, LogLevel.Warning,
            "Context {Context} now leads to another cluster ({Server}): connections to the old one are closed")]
        public static partial void Replaced(ILogger logger, string context, Uri server);

        [LoggerMessage(EventIds.ClusterCredentialsReplaced, LogLevel.Information, "Context {Context}: the kubeconfig has other credentials")]
        public static partial void CredentialsReplaced(ILogger logger, string context);
    }
}
