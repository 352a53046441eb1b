using System.Net;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes.Credentials;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>
/// The road to one API server: address, credentials, impersonation, over pooled connections. New credentials take
/// effect with the next request; what is under way goes on. While the server is known not to answer, requests fail at once: only
/// <see cref="ServerRoad"/> asks it then.
/// </summary>
internal sealed class ApiServer : IApiServer, IAsyncDisposable
{
    private static readonly string UserAgent = $"kftray-sidecar/{Product.Version}";

    /// <summary>A request that was given up later than this had waited for the server, not for its caller.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(3);

    private readonly Func<KubeCluster, ClientCertificate?, IServerTransport> _transports;
    private readonly Func<KubeContext, ICredentialSource> _credentialSources;
    private readonly Uri _base;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private KubeContext _context;
    private ICredentialSource? _credentials;
    private (ClientCertificate? Certificate, IServerTransport Transport)? _transport;
    private bool _disposed;

    public ApiServer(
        KubeContext context,
        Func<KubeCluster, ClientCertificate?, IServerTransport> transports,
        Func<KubeContext, ICredentialSource> credentialSources,
        Action opened,
        TimeProvider time,
        ILogger logger)
    {
        _context = context;
        _transports = transports;
        _credentialSources = credentialSources;
        _time = time;
        Road = new(context.Name, PrepareAsync, ProbeAsync, () => Credentials().Source.Renewed, opened, time, logger);
        var server = context.Cluster.Server;
        // A path prefix is kept only when the base ends in a slash.
        _base = server.AbsolutePath.EndsWith('/') ? server : new UriBuilder(server) { Path = server.AbsolutePath + "/" }.Uri;
    }

    public string Context => _context.Name;

    public ServerRoad Road { get; }

    /// <summary>Uses other credentials for the same server from the next request on.</summary>
    public void UseCredentialsOf(KubeContext context)
    {
        lock (_gate)
        {
            _context = context;
            _credentials = null;
        }
    }

    /// <summary>Failures to get credentials need not be waited out.</summary>
    public void RetryCredentials(bool userIsThere)
    {
        lock (_gate)
            _credentials?.RetryNow(userIsThere);
    }

    /// <summary>The user is there and signs in.</summary>
    /// <returns>Why there are still no credentials; null when there are.</returns>
    public async Task<Fault?> SignInAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await Credentials().Source.SignInAsync(cancellationToken);
        }
        catch (ForwardException e)
        {
            return e.Fault;
        }
    }

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var road = Road.Current;
        if (road.Value.Fault is { } closed)
            throw new ForwardException(closed);

        // Whoever waits for a server that turns out not to answer need not wait any longer.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var started = _time.GetTimestamp();
        var sending = AuthenticateAndSendAsync(request, stop.Token);
        try
        {
            if (await Task.WhenAny(sending, road.Superseded) != sending)
                await stop.CancelAsync();
            var response = await sending;
            if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError)
                Road.Doubt();
            return response;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Road.Current.Value.Fault is { } fault ? new ForwardException(fault) : KubernetesFaults.TimedOut(Context);
        }
        catch (OperationCanceledException)
        {
            if (_time.GetElapsedTime(started) >= Slow)
                Road.Doubt();
            throw;
        }
        catch (ForwardException)
        {
            Road.Doubt();
            throw;
        }
    }

    /// <summary>What the next request would be authenticated with.</summary>
    public async Task<Credential> TakeCredentialAsync(CancellationToken cancellationToken) => await Credentials().Source.GetAsync(cancellationToken);

    /// <summary>
    /// Asks over a new connection, with no more than a client certificate that the kubeconfig has: whether name, network, proxy and TLS lead to a
    /// server at all.
    /// </summary>
    /// <exception cref="ForwardException">They do not.</exception>
    public async Task KnockAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var transport = _transports(_context.Cluster, await OwnCertificateAsync(cancellationToken));
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_base, "version")) { Version = HttpVersion.Version11 };
            request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
            using var response = await transport.SendAsync(request, cancellationToken);
        }
        catch (Exception e) when (e is not ForwardException and not OperationCanceledException)
        {
            throw new ForwardException(KubernetesFaults.From(e, _base), e);
        }
    }

    /// <summary>Some gateways ask for it in the handshake. One that cannot be read is another link's trouble.</summary>
    private async Task<ClientCertificate?> OwnCertificateAsync(CancellationToken cancellationToken)
    {
        if (_context.User.ClientCertificate is null)
            return null;
        try
        {
            return (await TakeCredentialAsync(cancellationToken)).Certificate;
        }
        catch (ForwardException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Road.DisposeAsync();
        lock (_gate)
        {
            _disposed = true;
            _transport?.Transport.Dispose();
        }
    }

    /// <summary>Has credentials before the server's time begins: it is not to blame for a plugin that takes long.</summary>
    private async Task PrepareAsync(CancellationToken cancellationToken) => await Credentials().Source.GetAsync(cancellationToken);

    /// <summary>Asks the server something that everybody may ask. Any answer will do that does not say that no other would come.</summary>
    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        // Connections that are idle may be as dead as the path that is in doubt; those in use are not touched.
        lock (_gate)
        {
            _transport?.Transport.Dispose();
            _transport = null;
        }

        using var request = ApiRequest.Get("version", "ask for its version");
        using var response = await AuthenticateAndSendAsync(request, cancellationToken);
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError)
            throw await KubernetesFaults.ExceptionFromAsync(response, cancellationToken);
    }

    private async Task<HttpResponseMessage> AuthenticateAndSendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.RequestUri = new Uri(_base, request.RequestUri!);
        request.Version = HttpVersion.Version11;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
        ApiRequest.SetContext(request, Context);

        var (source, impersonation) = Credentials();
        var credential = await source.GetAsync(cancellationToken);
        var response = await SendOnceAsync(request, credential, impersonation, cancellationToken);
        Note(response, source, credential);
        if (response.StatusCode != HttpStatusCode.Unauthorized || !source.Invalidate(credential))
            return response;

        var renewed = await source.GetAsync(cancellationToken);
        if (ReferenceEquals(renewed, credential))
            return response;
        response.Dispose();
        var second = await SendOnceAsync(request, renewed, impersonation, cancellationToken);
        Note(second, source, renewed);
        return second;
    }

    /// <summary>Above 499 it may be somebody before the server who answers, and who never looked.</summary>
    private static void Note(HttpResponseMessage response, ICredentialSource source, Credential credential)
    {
        if (response.StatusCode is not HttpStatusCode.Unauthorized and < HttpStatusCode.InternalServerError)
            source.Accept(credential);
    }

    private async Task<HttpResponseMessage> SendOnceAsync(
        HttpRequestMessage request, Credential credential, Impersonation? impersonation, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = credential.Authorization;
        if (impersonation is not null)
            ImpersonationHeaders.Set(request, impersonation);
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
}
