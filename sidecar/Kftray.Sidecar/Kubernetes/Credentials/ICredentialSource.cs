using System.Net.Http.Headers;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>Yields what a request to the API server is authenticated with.</summary>
internal interface ICredentialSource
{
    /// <exception cref="Forwarding.ForwardException">There are no credentials: why, and what the user can do.</exception>
    ValueTask<Credential> GetAsync(CancellationToken cancellationToken);

    /// <summary>The server answered 401 to <paramref name="refused"/>.</summary>
    /// <returns>True when the next <see cref="GetAsync"/> may yield another one, so that the request is worth repeating.</returns>
    bool Invalidate(Credential refused);

    /// <summary>The server took <paramref name="accepted"/>: if it refuses it later, it has expired.</summary>
    void Accept(Credential accepted);

    /// <summary>Completes when the next attempt to get new ones has succeeded; never where there are no attempts.</summary>
    Task Renewed { get; }

    /// <summary>Something has changed that may have been in the way, such as the network: a failure need not be waited out.</summary>
    /// <param name="userIsThere">The user asks: what waited for them in vain may be begun again too.</param>
    void RetryNow(bool userIsThere);

    /// <summary>The user is there: asks for new credentials, whatever failed before, and waits for as long as that takes.</summary>
    /// <returns>Why there are none; null when there are.</returns>
    Task<Fault?> SignInAsync(CancellationToken cancellationToken);
}

/// <summary>A header, a client certificate, both or neither. No record: nothing prints it.</summary>
internal sealed class Credential(AuthenticationHeaderValue? authorization, ClientCertificate? certificate)
{
    public AuthenticationHeaderValue? Authorization { get; } = authorization;

    public ClientCertificate? Certificate { get; } = certificate;
}
