using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>
/// Verifies the server's certificate: its chain against the cluster's own authorities (else the system's) and its name. What is wrong
/// is classified right here, where it is known, and travels as a <see cref="ForwardException"/>.
/// </summary>
internal sealed class ServerCertificateCheck
{
    private readonly KubeCluster _cluster;
    private readonly X509ChainPolicy? _policy;

    /// <exception cref="ForwardException">The certificate authority of the kubeconfig is not usable.</exception>
    public ServerCertificateCheck(KubeCluster cluster)
    {
        _cluster = cluster;
        if (cluster.CertificateAuthorities is not { } pem)
            return;

        _policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            // Cluster authorities publish no revocation lists.
            RevocationMode = X509RevocationMode.NoCheck,
            // Nothing is fetched: what the chain lacks, the server has to send.
            DisableCertificateDownloads = true,
        };
        try
        {
            _policy.CustomTrustStore.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw NoAuthority(e);
        }

        if (_policy.CustomTrustStore.Count == 0)
            throw NoAuthority(null);
        // An intermediate in the bundle helps to build the chain; Go trusts it as a root, see IsAnchored.
        _policy.ExtraStore.AddRange(_policy.CustomTrustStore);
    }

    /// <summary>The name asked for and checked.</summary>
    public string TargetHost => _cluster.TlsServerName ?? _cluster.Server.IdnHost;

    /// <param name="targetHost">The name to ask for and to check.</param>
    public SslClientAuthenticationOptions Options(string targetHost, SslStreamCertificateContext? clientCertificate) => new()
    {
        TargetHost = targetHost,
        CertificateChainPolicy = _policy?.Clone(),
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = Validate,
        ClientCertificateContext = clientCertificate,
    };

    private bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (_cluster.SkipsTlsVerification)
            return true;
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) && IsAnchored(chain))
            errors &= ~SslPolicyErrors.RemoteCertificateChainErrors;
        return errors == SslPolicyErrors.None ? true : throw new ForwardException(Classify(certificate as X509Certificate2, chain, errors));
    }

    /// <summary>
    /// Go, and so kubectl, ends a chain at any certificate of the bundle, self-signed or not; .NET wants a self-signed root. True when that is
    /// all that is wrong.
    /// </summary>
    private bool IsAnchored(X509Chain? chain) =>
        _policy is not null && chain is not null
        && chain.ChainStatus.All(s => s.Status is X509ChainStatusFlags.PartialChain or X509ChainStatusFlags.NoError)
        && chain.ChainElements.Any(element => _policy.CustomTrustStore.Contains(element.Certificate));

    private Fault Classify(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        var server = _cluster.Server.Authority;
        if (certificate is null)
            return new(FaultKind.TlsNotTrusted, $"The API server {server} showed no certificate.", "Check the server's address in the kubeconfig.");

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            var now = chain?.ChainPolicy.VerificationTime ?? default;
            var expired = chain?.ChainElements.FirstOrDefault(e => e.ChainElementStatus.Any(s => s.Status == X509ChainStatusFlags.NotTimeValid));
            if (expired is not null)
            {
                var (from, until) = (expired.Certificate.NotBefore.ToUniversalTime(), expired.Certificate.NotAfter.ToUniversalTime());
                return new(FaultKind.TlsNotTrusted, now.ToUniversalTime() < from
                        ? $"The certificate of the API server {server} is valid only from {from:yyyy-MM-dd HH:mm} UTC."
                        : $"The certificate of the API server {server} expired on {until:yyyy-MM-dd HH:mm} UTC.",
                    "Renew the server's certificate, or correct this machine's clock.");
            }

            return new(FaultKind.TlsNotTrusted,
                $"The certificate of the API server {server} was issued by '{certificate.Issuer}', which is not trusted.",
                _policy is null
                    ? "Name the cluster's certificate-authority in the kubeconfig."
                    : "The kubeconfig's certificate authority belongs to another cluster, or something intercepts the connection: get a fresh kubeconfig.");
        }

        return new(FaultKind.TlsNotTrusted,
            $"The certificate of the API server {server} is not for '{TargetHost}' but for {Names(certificate)}.",
            "Use a server address that the certificate names, or set tls-server-name in the kubeconfig.");
    }

    private static string Names(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(san => san.EnumerateDnsNames().Concat(san.EnumerateIPAddresses().Select(ip => ip.ToString())))
            .Take(6).ToArray();
        return names.Length > 0 ? string.Join(", ", names) : $"'{certificate.Subject}'";
    }

    private ForwardException NoAuthority(Exception? inner) => new(new(FaultKind.KubeconfigInvalid,
        $"The certificate authority of the cluster at {_cluster.Server.Authority} is not a PEM certificate.",
        "Correct certificate-authority(-data) in the kubeconfig."), inner);
}
