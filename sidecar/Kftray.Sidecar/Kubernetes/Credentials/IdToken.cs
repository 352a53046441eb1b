using System.Buffers.Text;
using System.Text.Json;

namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>The one thing that a client has to know of an ID token: until when it is good. Whether it is genuine is the server's question.</summary>
internal static class IdToken
{
    /// <returns>Null when it does not say, or is no JSON Web Token. https://datatracker.ietf.org/doc/html/rfc7519#section-4.1.4</returns>
    public static DateTimeOffset? Expires(string token)
    {
        if (token.Split('.') is not [_, var claims, _] || !Base64Url.IsValid(claims))
            return null;
        try
        {
            using var json = JsonDocument.Parse(Base64Url.DecodeFromChars(claims));
            return json.RootElement.TryGetProperty("exp", out var exp) && exp.TryGetDouble(out var seconds) && seconds is > 0 and < 1e11
                ? DateTimeOffset.UnixEpoch.AddSeconds(seconds)
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Three parts, and yet no claims.
            return null;
        }
    }
}
