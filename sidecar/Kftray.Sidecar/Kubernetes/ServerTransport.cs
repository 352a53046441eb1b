using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Kftray.Sidecar.Kubernetes.Network;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>Sends requests over the network; the seam below which there are sockets.</summary>
internal interface IServerTransport : IDisposable
{
    Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken);
}

/// <summary>Pooled connections to one server with one client certificate.</summary>
internal sealed class ServerTransport : IServerTransport
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly HttpMessageInvoker _invoker;
    private readonly ServerCertificateCheck _check;
    private readonly SslStreamCertificateContext? _clientCertificate;
    private readonly ProxyDialer? _proxy;
    private readonly bool _isHttps;

    /// <param name="proxy">Null for none.</param>
    /// <exception cref="Forwarding.ForwardException">The certificate authority of the kubeconfig is not usable.</exception>
    public ServerTransport(KubeCluster cluster, SslStreamCertificateContext? clientCertificate, Uri? proxy)
    {
        _check = new ServerCertificateCheck(cluster);
        _clientCertificate = clientCertificate;
        _isHttps = cluster.Server.Scheme == Uri.UriSchemeHttps;
        _proxy = proxy is not null && _isHttps ? new(proxy, host => _check.Options(cluster.TlsServerName ?? host, null)) : null;

        // Requests without encryption are the proxy's to send on: the handler does that.
        var forwarding = proxy is not null && !_isHttps ? new WebProxy(proxy) { Credentials = ProxyDialer.Credentials(proxy) } : null;
        _invoker = new(new SocketsHttpHandler
        {
            UseProxy = forwarding is not null,
            Proxy = forwarding,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.GZip,
            ConnectTimeout = ConnectTimeout,
            // Load balancers and rotating DNS entries: nothing is used for ever.
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            // Upgrades and watches occupy a connection each.
            MaxConnectionsPerServer = int.MaxValue,
            ConnectCallback = (context, cancellationToken) => new(ConnectAsync(context.DnsEndPoint, cancellationToken)),
            RequestHeaderEncodingSelector = (name, _) => name.StartsWith("Impersonate-", StringComparison.OrdinalIgnoreCase) ? new RepeatedHeader(name) : Encoding.UTF8,
        });
    }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _invoker.SendAsync(request, cancellationToken);

    public void Dispose() => _invoker.Dispose();

    private async Task<Stream> ConnectAsync(DnsEndPoint endPoint, CancellationToken cancellationToken)
    {
        var stream = await (_proxy?.ConnectAsync(endPoint, cancellationToken) ?? TcpDialer.ConnectAsync(endPoint, cancellationToken));
        return _isHttps ? await AuthenticateAsync(stream, cancellationToken) : stream;
    }

    /// <summary>By ourselves, where the handler would do it too: it would ask for the address where the kubeconfig names another name.</summary>
    private async Task<Stream> AuthenticateAsync(Stream stream, CancellationToken cancellationToken)
    {
        var tls = new SslStream(stream);
        try
        {
            var options = _check.Options(_check.TargetHost, _clientCertificate);
            options.ApplicationProtocols = [SslApplicationProtocol.Http11];
            await tls.AuthenticateAsClientAsync(options, cancellationToken);
            return tls;
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }
}
