using Kftray.Sidecar.Contract;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Diagnostics;

internal static partial class DiagnosticsLog
{
    [LoggerMessage(EventIds.CheckFailed, LogLevel.Error, "The doctor could not look at {Link}")]
    public static partial void CheckFailed(this ILogger logger, DiagnosisLink link, Exception exception);
}
