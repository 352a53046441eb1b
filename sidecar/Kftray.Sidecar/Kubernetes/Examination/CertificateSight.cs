using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Kftray.Sidecar.Kubernetes.Examination;

/// <summary>What a server shows of itself to anybody. Only for people to read: whether it is trusted, <see cref="ServerCertificateCheck"/> decides.</summary>
/// <param name="Addresses">What its name resolves to.</param>
/// <param name="Issuer">Who issued its certificate; null when it showed none.</param>
internal sealed record CertificateSight(IReadOnlyList<IPAddress> Addresses, string? Issuer, DateTimeOffset NotBefore, DateTimeOffset NotAfter)
{
    /// <summary>Looks at a server directly. Sends nothing but the beginning of a handshake.</summary>
    /// <returns>Null when it cannot be looked at: whoever needs to know why asks <see cref="ClusterExaminer.KnockAsync"/>.</returns>
    public static async Task<CertificateSight?> LookAsync(KubeCluster cluster, CancellationToken cancellationToken)
    {
        var (host, port) = (cluster.Server.IdnHost, cluster.Server.Port);
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
            if (cluster.Server.Scheme != Uri.UriSchemeHttps)
                return new(addresses, null, default, default);
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(host, port, cancellationToken);
            await using var tls = new SslStream(new NetworkStream(socket));
            X509Certificate2? shown = null;
            var options = new SslClientAuthenticationOptions
            {
                TargetHost = cluster.TlsServerName ?? host,
                // Seen is enough: the handshake ends here, whatever it is.
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                {
                    shown = certificate is null ? null : X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
                    return false;
                },
            };
            try
            {
                await tls.AuthenticateAsClientAsync(options, cancellationToken);
            }
            catch (AuthenticationException) when (shown is not null)
            {
                // As it was meant to be.
            }

            using (shown)
                return shown is null ? new(addresses, null, default, default) : new(addresses, shown.Issuer, shown.NotBefore.ToUniversalTime(), shown.NotAfter.ToUniversalTime());
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException)
        {
            return null;
        }
    }
}
