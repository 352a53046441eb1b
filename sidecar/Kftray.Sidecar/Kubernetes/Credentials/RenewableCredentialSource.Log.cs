using Kftray.Sidecar.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Kubernetes.Credentials;

internal sealed partial class RenewableCredentialSource
{
    private static partial class Log
    {
        [LoggerMessage(EventIds.CredentialRefreshed, LogLevel.Information, "User {User} has new credentials after {Elapsed}; valid until {Expires}")]
        public static partial void Renewed(ILogger logger, string user, TimeSpan elapsed, DateTimeOffset? expires);

        [LoggerMessage(EventIds.CredentialNotRefreshed, LogLevel.Warning, "User {User} has no new credentials: {Fault}")]
        public static partial void NotRenewed(ILogger logger, string user, string fault);
    }
}
