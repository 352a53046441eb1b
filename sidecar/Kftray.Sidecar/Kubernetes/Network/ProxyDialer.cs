using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes.Network;

/// <summary>
/// Connections to a server through a proxy: <c>CONNECT</c> to an <c>http</c> or <c>https</c> proxy, or SOCKS5, which resolves the name. Made by hand so
/// that the handshake with the server behind it is ours: its name may differ from the address.
/// </summary>
/// <param name="tlsOptions">For an <c>https</c> proxy, by its host. Go verifies it against the same authorities as the cluster.</param>
internal sealed class ProxyDialer(Uri proxy, Func<string, SslClientAuthenticationOptions> tlsOptions)
{
    private const int MaxReplyBytes = 16 * 1024;
    private const string Where = "Check proxy-url in the kubeconfig, or HTTPS_PROXY and NO_PROXY.";

    public async Task<Stream> ConnectAsync(DnsEndPoint server, CancellationToken cancellationToken)
    {
        Stream? stream = null;
        try
        {
            stream = await TcpDialer.ConnectAsync(new(proxy.IdnHost, proxy.Port), cancellationToken);
            if (proxy.Scheme == Uri.UriSchemeHttps)
                stream = await AuthenticateAsync(stream, cancellationToken);
            if (proxy.Scheme == "socks5")
                await Socks5.ConnectAsync(stream, server, Credentials(proxy), cancellationToken);
            else
                await HttpConnectAsync(stream, server, cancellationToken);
            return stream;
        }
        catch (Exception e)
        {
            if (stream is not null)
                await stream.DisposeAsync();
            if (e is ForwardException || (e is OperationCanceledException && cancellationToken.IsCancellationRequested))
                throw;
            throw new ForwardException(Classify(e), e);
        }
    }

    private async Task<Stream> AuthenticateAsync(Stream stream, CancellationToken cancellationToken)
    {
        var tls = new SslStream(stream);
        try
        {
            await tls.AuthenticateAsClientAsync(tlsOptions(proxy.IdnHost), cancellationToken);
            return tls;
        }
        catch (ForwardException e)
        {
            throw new ForwardException(new(FaultKind.ProxyFailed, $"The certificate of the proxy {proxy.Authority} is not trusted.",
                "It must be for the proxy's name, and of an authority that the cluster's entry in the kubeconfig trusts, as for kubectl."), e);
        }
    }

    // https://datatracker.ietf.org/doc/html/rfc9110#section-9.3.6
    private async Task HttpConnectAsync(Stream stream, DnsEndPoint server, CancellationToken cancellationToken)
    {
        var authority = $"{(server.Host.Contains(':', StringComparison.Ordinal) ? $"[{server.Host}]" : server.Host)}:{server.Port}";
        var authorization = Credentials(proxy) is { } credentials
            ? $"Proxy-Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials.UserName}:{credentials.Password}"))}\r\n"
            : "";
        await stream.WriteAsync(
            Encoding.UTF8.GetBytes($"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{authorization}\r\n"), cancellationToken);
        var status = (await ReadHeadAsync(stream, cancellationToken)).Split(' ', 3);
        if (status.Length < 2 || !status[0].StartsWith("HTTP/1.", StringComparison.Ordinal) || !int.TryParse(status[1], out var code))
            throw new ForwardException(new(FaultKind.ProxyFailed, $"What answers at {proxy.Authority} is no HTTP proxy.", Where));
        if (code is < 200 or > 299)
        {
            throw new ForwardException(code == 407
                ? new(FaultKind.ProxyFailed, $"The proxy {proxy.Authority} does not accept the user name and password, or asks for them.", "Put them into proxy-url or HTTPS_PROXY.")
                : new(FaultKind.ProxyFailed, $"The proxy {proxy.Authority} refuses to connect to the API server {authority} ({code}).", Where));
        }
    }

    /// <summary>Byte by byte: what follows the head belongs to the server.</summary>
    private static async Task<string> ReadHeadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var head = new byte[MaxReplyBytes];
        for (var length = 0; length < head.Length; length++)
        {
            await stream.ReadExactlyAsync(head.AsMemory(length, 1), cancellationToken);
            if (head.AsSpan(0, length + 1).EndsWith("\r\n\r\n"u8))
                return Encoding.Latin1.GetString(head, 0, length - 3);
        }

        throw new IOException("The proxy's answer does not end.");
    }

    /// <summary>What the address of a proxy says about who uses it; null when it says nothing.</summary>
    public static NetworkCredential? Credentials(Uri proxy)
    {
        if (proxy.UserInfo.Length == 0)
            return null;
        var parts = proxy.UserInfo.Split(':', 2);
        return new(Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
    }

    private Fault Classify(Exception e) => new(FaultKind.ProxyFailed,
        e is SocketException { SocketErrorCode: var error }
            ? $"The proxy {proxy.Authority} {(error == SocketError.ConnectionRefused ? "refuses connections" : error is SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData ? "has a name that cannot be resolved" : "cannot be reached")}."
            : $"The proxy {proxy.Authority} broke off the connection.",
        Where);
}
