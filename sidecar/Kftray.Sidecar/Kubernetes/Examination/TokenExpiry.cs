using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Kftray.Sidecar.Kubernetes.Examination;

/// <summary>When a bearer token ends, for those that are JSON Web Tokens (RFC 7519, <c>exp</c>). Nothing else of it is looked at.</summary>
internal static class TokenExpiry
{
    /// <returns>Null when the header holds no such token.</returns>
    public static DateTimeOffset? Of(AuthenticationHeaderValue? authorization)
    {
        if (authorization is not { Scheme: "Bearer", Parameter: { } token } || token.Split('.') is not [_, var claims, _])
            return null;
        try
        {
            using var json = JsonDocument.Parse(Base64Url.DecodeFromChars(claims));
            return json.RootElement.TryGetProperty("exp", out var expires) && expires.TryGetInt64(out var seconds)
                ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                : null;
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            // Some other kind of token: only the server knows when it ends.
            return null;
        }
    }
}
