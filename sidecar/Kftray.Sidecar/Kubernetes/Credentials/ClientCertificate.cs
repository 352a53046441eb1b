using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>A client certificate with its key and the intermediates that stand beside it in the PEM text.</summary>
internal sealed class ClientCertificate
{
    private ClientCertificate(X509Certificate2 leaf, X509Certificate2Collection intermediates)
    {
        // Offline: the chain is what the kubeconfig gives; nothing is downloaded.
        Context = SslStreamCertificateContext.Create(leaf, intermediates, offline: true);
        NotAfter = leaf.NotAfter.ToUniversalTime();
    }

    public SslStreamCertificateContext Context { get; }

    public DateTimeOffset NotAfter { get; }

    /// <summary>Reads RSA and EC keys in PKCS#1, SEC1 and PKCS#8.</summary>
    /// <param name="origin">Where it comes from, for the message.</param>
    /// <exception cref="ForwardException">Certificate and key cannot be read or do not belong together.</exception>
    public static ClientCertificate FromPem(string certificate, string key, string origin)
    {
        try
        {
            var leaf = X509Certificate2.CreateFromPem(certificate, key);
            if (OperatingSystem.IsWindows())
            {
                // Schannel cannot use a key that lives in memory only.
                using var ephemeral = leaf;
                leaf = X509CertificateLoader.LoadPkcs12(ephemeral.Export(X509ContentType.Pkcs12), null);
            }

            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificate);
            chain.RemoveAt(0);
            return new(leaf, chain);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // The library's text may quote what it read: only the place is told.
            throw new ForwardException(new(FaultKind.CredentialsUnavailable,
                $"The client certificate or its key from {origin} cannot be used.",
                "Check that both are PEM, that the key is not encrypted and that they belong together."), e);
        }
    }
}
