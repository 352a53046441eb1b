using Kftray.Sidecar.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Kubernetes.Credentials;

internal sealed partial class ExecCredentialSource
{
    private static partial class Log
    {
        [LoggerMessage(EventIds.CredentialPluginRan, LogLevel.Information,
            "Credential plugin {Command} of user {User} answered in {Elapsed}; valid until {Expires}")]
        public static partial void PluginRan(ILogger logger, string command, string user, TimeSpan elapsed, DateTimeOffset? expires);
    }
}
