using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

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
    private readonly bool _proxied;
    private readonly KubeCluster _cluster;

    /// <exception cref="Forwarding.ForwardException">The certificate authority of the kubeconfig is not usable.</exception>
    public ServerTransport(KubeCluster cluster, SslStreamCertificateContext? clientCertificate)
    {
        _cluster = cluster;
        var check = new ServerCertificateCheck(cluster);
        var proxy = cluster.Proxy is { } address ? new WebProxy(address) { Credentials = ProxyCredentials(address) } : HttpClient.DefaultProxy;
        // A loopback server is never behind a proxy of the environment.
        _proxied = cluster.Proxy is not null || (!cluster.Server.IsLoopback && !proxy.IsBypassed(cluster.Server));

        // A name that differs from the address needs a handshake of our own, the handler would ask for the address.
        var ownTls = !_proxied && cluster.TlsServerName is not null && cluster.Server.Scheme == Uri.UriSchemeHttps;
        _invoker = new(new SocketsHttpHandler
        {
            UseProxy = _proxied,
            Proxy = _proxied ? proxy : null,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.GZip,
            ConnectTimeout = ConnectTimeout,
            // Load balancers and rotating DNS entries: nothing is used for ever.
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            // Upgrades and watches occupy a connection each.
            MaxConnectionsPerServer = int.MaxValue,
            SslOptions = check.Options(clientCertificate),
            ConnectCallback = async (context, cancellationToken) =>
            {
                var stream = await ConnectAsync(context.DnsEndPoint, cancellationToken);
                return ownTls ? await AuthenticateAsync(stream, check.Options(clientCertificate), cancellationToken) : stream;
            },
        });
    }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // Through a proxy the handler makes the handshake, and takes its name from here.
        if (_proxied && _cluster.TlsServerName is { } name)
            request.Headers.Host = name;
        return _invoker.SendAsync(request, cancellationToken);
    }

    public void Dispose() => _invoker.Dispose();

    private static async Task<Stream> ConnectAsync(DnsEndPoint endPoint, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // A path that froze without a reset is found by the kernel in about 14 s, also under a quiet watch.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 10);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 2);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 2);
            await socket.ConnectAsync(endPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<Stream> AuthenticateAsync(
        Stream stream, SslClientAuthenticationOptions options, CancellationToken cancellationToken)
    {
        var tls = new SslStream(stream);
        try
        {
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

    private static NetworkCredential? ProxyCredentials(Uri proxy)
    {
        if (proxy.UserInfo.Length == 0)
            return null;
        var parts = proxy.UserInfo.Split(':', 2);
        return new(Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
    }
}
