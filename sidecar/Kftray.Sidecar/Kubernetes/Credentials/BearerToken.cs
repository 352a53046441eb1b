using System.Net.Http.Headers;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>A token as the header that carries it.</summary>
internal static class BearerToken
{
    /// <param name="origin">Where the token is from, for the message.</param>
    /// <exception cref="ForwardException">It has characters that no header can carry, such as a line end.</exception>
    public static AuthenticationHeaderValue Header(string token, string origin) => token.All(c => c is > ' ' and <= '~' or ' ')
        ? new("Bearer", token)
        : throw new ForwardException(new(FaultKind.CredentialsUnavailable,
            $"The token from {origin} has characters that a token cannot have, such as a line end.", "Sign in again, or correct the token."));
}
