using System.Net;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes.Credentials;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>
/// The road to one API server: address, credentials, impersonation, over pooled connections. New credentials take
/// effect with the next request; what is under way goes on.
/// </summary>
internal sealed class ApiServer : IApiServer, IDisposable
{
    private static readonly string UserAgent = $"kftray-sidecar/{Product.Version}";

    private readonly Func<KubeCluster, ClientCertificate?, IServerTransport> _transports;
    private readonly Func<KubeContext, ICredentialSource> _credentialSources;
    private readonly Uri _base;
    private readonly Lock _gate = new();
    private KubeContext _context;
    private ICredentialSource? _credentials;
    private (ClientCertificate? Certificate, IServerTransport Transport)? _transport;
    private bool _disposed;

    public ApiServer(
        KubeContext context,
        Func<KubeCluster, ClientCertificate?, IServerTransport> transports,
        Func<KubeContext, ICredentialSource> credentialSources)
    {
        _context = context;
        _transports = transports;
        _credentialSources = credentialSources;
        var server = context.Cluster.Server;
        // A path prefix is kept only when the base ends in a slash.
        _base = server.AbsolutePath.EndsWith('/') ? server : new UriBuilder(server) { Path = server.AbsolutePath + "/" }.Uri;
    }

    public string Context => _context.Name;

    /// <summary>Uses other credentials for the same server from the next request on.</summary>
    public void UseCredentialsOf(KubeContext context)
    {
        lock (_gate)
        {
            _context = context;
            _credentials = null;
        }
    }

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.RequestUri = new Uri(_base, request.RequestUri!);
        request.Version = HttpVersion.Version11;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
        ApiRequest.SetContext(request, Context);

        var (source, impersonation) = Credentials();
        var credential = await source.GetAsync(cancellationToken);
        var response = await SendOnceAsync(request, credential, impersonation, cancellationToken);
        if (response.StatusCode != HttpStatusCode.Unauthorized || !source.Invalidate(credential))
            return response;

        var renewed = await source.GetAsync(cancellationToken);
        if (ReferenceEquals(renewed, credential))
            return response;
        response.Dispose();
        return await SendOnceAsync(request, renewed, impersonation, cancellationToken);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _transport?.Transport.Dispose();
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(
        HttpRequestMessage request, Credential credential, Impersonation? impersonation, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = credential.Authorization;
        if (impersonation is not null)
            Impersonate(request, impersonation);
        try
        {
            return await Transport(credential.Certificate).SendAsync(request, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (e is not ForwardException)
        {
            throw new ForwardException(KubernetesFaults.From(e, _base), e);
        }
    }

    private (ICredentialSource Source, Impersonation? Impersonation) Credentials()
    {
        lock (_gate)
            return (_credentials ??= _credentialSources(_context), _context.User.Impersonation);
    }

    private IServerTransport Transport(ClientCertificate? certificate)
    {
        lock (_gate)
        {
            if (_disposed)
                throw new ForwardException(new(FaultKind.ConnectionLost, $"The connection to context '{Context}' was closed.", null));
            if (_transport is { } current && ReferenceEquals(current.Certificate, certificate))
                return current.Transport;

            // Connections of the old certificate that are in use live on until they end.
            _transport?.Transport.Dispose();
            var transport = _transports(_context.Cluster, certificate);
            _transport = (certificate, transport);
            return transport;
        }
    }

    // https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
    private static void Impersonate(HttpRequestMessage request, Impersonation impersonation)
    {
        Set("Impersonate-User", impersonation.User!);
        if (impersonation.Uid is { } uid)
            Set("Impersonate-Uid", uid);
        if (impersonation.Groups.Count > 0)
            Set("Impersonate-Group", [.. impersonation.Groups]);
        foreach (var (key, values) in impersonation.Extra)
            Set("Impersonate-Extra-" + Uri.EscapeDataString(key), [.. values]);

        void Set(string name, params string[] values)
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, values);
        }
    }
}
