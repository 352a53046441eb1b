using Kftray.Sidecar.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Kubernetes;

internal sealed partial class KubeconfigWatch
{
    private static partial class Log
    {
        [LoggerMessage(EventIds.KubeconfigRead, LogLevel.Information, "Kubeconfig {Paths} read: {Contexts} contexts, current {CurrentContext}")]
        public static partial void Read(ILogger logger, string paths, int contexts, string? currentContext);

        [LoggerMessage(EventIds.KubeconfigBroken, LogLevel.Warning, "Kubeconfig {Paths} cannot be used: {Fault}")]
        public static partial void Broken(ILogger logger, string paths, string fault);
    }
}
