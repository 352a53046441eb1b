using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Kftray.Testing.Security;

/// <summary>The forms in which people have client keys.</summary>
public enum ClientKeyForm
{
    RsaPkcs1,
    RsaPkcs8,
    EcSec1,
    EcSec1WithParameters,
    EcPkcs8,
}

/// <summary>A client certificate as PEM text, with what stands beside it.</summary>
/// <param name="Certificate">The certificate, and after it the intermediate if there is one.</param>
public sealed record ClientPem(string Certificate, string Key);

/// <summary>Makes client certificates of every form.</summary>
internal static class ClientCredentials
{
    // The DER of the curve's name, which openssl writes before the key.
    private const string EcParameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";

    public static ClientPem Issue(CertificateAuthority authority, CertificateAuthority? intermediate, string user, ClientKeyForm form)
    {
        using AsymmetricAlgorithm key = form is ClientKeyForm.RsaPkcs1 or ClientKeyForm.RsaPkcs8 ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = (intermediate ?? authority).IssueClient(user, key);
        var pem = certificate.ExportCertificatePem() + "\n" + (intermediate is null ? "" : intermediate.Pem + "\n");
        return new(pem, IssuedSecrets.NoteKey(form switch
        {
            ClientKeyForm.RsaPkcs1 => ((RSA)key).ExportRSAPrivateKeyPem(),
            ClientKeyForm.EcSec1 => ((ECDsa)key).ExportECPrivateKeyPem(),
            ClientKeyForm.EcSec1WithParameters => EcParameters + ((ECDsa)key).ExportECPrivateKeyPem(),
            _ => key.ExportPkcs8PrivateKeyPem(),
        }));
    }
}
