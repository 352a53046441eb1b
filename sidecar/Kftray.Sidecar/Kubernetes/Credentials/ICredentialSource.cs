using System.Net.Http.Headers;

namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>Yields what a request to the API server is authenticated with.</summary>
internal interface ICredentialSource
{
    /// <exception cref="Forwarding.ForwardException">There are no credentials: why, and what the user can do.</exception>
    ValueTask<Credential> GetAsync(CancellationToken cancellationToken);

    /// <summary>The server answered 401 to <paramref name="refused"/>.</summary>
    /// <returns>True when the next <see cref="GetAsync"/> may yield another one, so that the request is worth repeating.</returns>
    bool Invalidate(Credential refused);
}

/// <summary>A header, a client certificate, both or neither. No record: nothing prints it.</summary>
internal sealed class Credential(AuthenticationHeaderValue? authorization, ClientCertificate? certificate)
{
    public AuthenticationHeaderValue? Authorization { get; } = authorization;

    public ClientCertificate? Certificate { get; } = certificate;
}
