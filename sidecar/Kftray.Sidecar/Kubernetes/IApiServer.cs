namespace Kftray.Sidecar.Kubernetes;

/// <summary>
/// The one road to an API server, for REST and for upgrades alike: address, path prefix, TLS with chain and host name verified,
/// proxy, credentials, impersonation.
/// </summary>
internal interface IApiServer
{
    /// <summary>The kubeconfig context, for messages and logs.</summary>
    string Context { get; }

    /// <summary>
    /// Sends a request whose <see cref="HttpRequestMessage.RequestUri"/> is relative (<c>api/v1/…</c>, without a leading slash) and returns the
    /// response of whatever status once its headers are here. A 401 was already retried once with fresh credentials. After a 101 the
    /// content stream is the raw duplex connection, and disposing the response closes it.
    /// </summary>
    /// <exception cref="Forwarding.ForwardException">The server could not be asked: unreachable, TLS not trusted, no credentials.</exception>
    Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken);
}
