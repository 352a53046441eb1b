using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Kftray.Testing.Security;

/// <summary>How a request presented itself: all that two clients with the same kubeconfig must have in common.</summary>
/// <param name="User">After impersonation; null when nobody could be authenticated.</param>
/// <param name="Scheme">Of the Authorization header; null for none.</param>
/// <param name="Impersonation">The headers as <c>name: value</c>, each value once, in order.</param>
/// <param name="Host">The header.</param>
/// <param name="ServerName">What the handshake asked for; null for none, as with addresses.</param>
/// <param name="PathPrefix">What stood before <c>/api</c>.</param>
public sealed record RequestIdentity(string? User, string? Scheme, string Impersonation, string Host, string? ServerName, string PathPrefix)
{
    internal static RequestIdentity From(HttpContext context, string? user)
    {
        var headers = context.Request.Headers;
        var impersonation = headers
            .Where(header => header.Key.StartsWith("Impersonate-", StringComparison.OrdinalIgnoreCase))
            // Go writes names in its own case, and the server takes them in any; the key of an extra is percent-encoded.
            .SelectMany(header => header.Value.Select(value => $"{Uri.UnescapeDataString(header.Key.ToLowerInvariant())}: {value}"))
            .Order(StringComparer.Ordinal);
        var scheme = headers.Authorization.ToString().Split(' ', 2)[0];
        return new(
            user,
            scheme.Length == 0 ? null : scheme,
            string.Join('\n', impersonation),
            headers.Host.ToString(),
            context.Features.Get<ITlsHandshakeFeature>()?.HostName is { Length: > 0 } name ? name : null,
            context.Request.PathBase);
    }
}
