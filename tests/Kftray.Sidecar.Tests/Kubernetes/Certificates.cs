using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Kftray.Sidecar.Tests.Kubernetes;

/// <summary>Certificates made for a test.</summary>
internal static class Certificates
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    public static X509Certificate2 Authority(string name = "CN=test authority")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(Now.AddDays(-400), Now.AddDays(400));
    }

    public static X509Certificate2 Issue(
        X509Certificate2 authority, string dnsName, bool expired = false, bool isAuthority = false, bool rsa = false)
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var rsaKey = rsa ? RSA.Create(2048) : null;
        var request = rsaKey is null
            ? new CertificateRequest($"CN={dnsName}", ec, HashAlgorithmName.SHA256)
            : new CertificateRequest($"CN={dnsName}", rsaKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        if (!isAuthority)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(dnsName);
            names.AddIpAddress(IPAddress.Parse("10.96.0.1"));
            request.CertificateExtensions.Add(names.Build());
        }

        var generator = X509SignatureGenerator.CreateForECDsa(authority.GetECDsaPrivateKey()!);
        using var bare = request.Create(authority.SubjectName, generator, Now.AddDays(-300), expired ? Now.AddDays(-1) : Now.AddDays(300),
            RandomNumberGenerator.GetBytes(8));
        return rsaKey is null ? bare.CopyWithPrivateKey(ec) : bare.CopyWithPrivateKey(rsaKey);
    }

    public static string KeyPem(X509Certificate2 certificate, bool legacy = false)
    {
        if (certificate.GetRSAPrivateKey() is { } rsa)
            return legacy ? rsa.ExportRSAPrivateKeyPem() : rsa.ExportPkcs8PrivateKeyPem();
        var ec = certificate.GetECDsaPrivateKey()!;
        return legacy ? ec.ExportECPrivateKeyPem() : ec.ExportPkcs8PrivateKeyPem();
    }
}
