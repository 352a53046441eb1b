using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Kftray.Testing.Security;

/// <summary>A certificate authority of elliptic curve keys, made anew for every cluster.</summary>
internal sealed class CertificateAuthority : IDisposable
{
    private readonly X509Certificate2 _root;
    private readonly TimeProvider _time;

    public CertificateAuthority(string name, TimeProvider time)
    {
        _time = time;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        AddAuthorityExtensions(request);
        _root = request.CreateSelfSigned(time.GetUtcNow().AddDays(-3), time.GetUtcNow().AddYears(1));
    }

    private CertificateAuthority(X509Certificate2 certificate, TimeProvider time) => (_root, _time) = (certificate, time);

    public string Pem => _root.ExportCertificatePem();

    /// <summary>A certificate for a server.</summary>
    /// <param name="names">DNS names and IP addresses that it is valid for.</param>
    /// <param name="isExpired">True for one whose time was up yesterday.</param>
    public X509Certificate2 IssueServer(IReadOnlyList<string> names, bool isExpired = false)
    {
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address)) alternatives.AddIpAddress(address);
            else alternatives.AddDnsName(name);
        }

        return Issue("CN=kube-apiserver", "1.3.6.1.5.5.7.3.1", alternatives.Build(), isExpired);
    }

    /// <summary>A client certificate: the common name is the user, each organization a group.</summary>
    public X509Certificate2 IssueClient(string user, IReadOnlyList<string> groups)
    {
        var subject = new X500DistinguishedNameBuilder();
        foreach (var group in groups) subject.AddOrganizationName(group);
        subject.AddCommonName(user);
        return Issue(subject.Build().Name, "1.3.6.1.5.5.7.3.2", alternatives: null, isExpired: false);
    }

    /// <summary>The same for a key of the caller's.</summary>
    public X509Certificate2 IssueClient(string user, AsymmetricAlgorithm key) => Issue($"CN={user}", key, "1.3.6.1.5.5.7.3.2", alternatives: null, isExpired: false);

    /// <summary>An authority below this one.</summary>
    public CertificateAuthority IssueAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        AddAuthorityExtensions(request);
        using var certificate = request.Create(_root, _time.GetUtcNow().AddDays(-2), _time.GetUtcNow().AddDays(300), RandomNumberGenerator.GetBytes(12));
        return new(certificate.CopyWithPrivateKey(key), _time);
    }

    public X509Certificate2 Certificate => _root;

    /// <summary>True for a certificate that this authority has issued, perhaps through the given ones, and whose time is not up.</summary>
    public bool HasIssued(X509Certificate2 certificate, X509Certificate2Collection intermediates)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_root);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ExtraStore.AddRange(intermediates);
        return chain.Build(certificate);
    }

    public void Dispose() => _root.Dispose();

    private static void AddAuthorityExtensions(CertificateRequest request)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
    }

    private X509Certificate2 Issue(string subject, string usage, X509Extension? alternatives, bool isExpired)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return Issue(subject, key, usage, alternatives, isExpired);
    }

    private X509Certificate2 Issue(string subject, AsymmetricAlgorithm key, string usage, X509Extension? alternatives, bool isExpired)
    {
        var request = key is RSA rsa
            ? new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, (ECDsa)key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_root, true, false));
        if (alternatives is not null) request.CertificateExtensions.Add(alternatives);
        var now = _time.GetUtcNow();
        var (from, to) = isExpired ? (now.AddDays(-2), now.AddDays(-1)) : (now.AddHours(-1), now.AddDays(300));
        // The signature is the authority's, whatever key is certified.
        using var signer = _root.GetECDsaPrivateKey()!;
        using var certificate = request.Create(_root.SubjectName, X509SignatureGenerator.CreateForECDsa(signer), from, to, RandomNumberGenerator.GetBytes(12));
        return key is RSA own ? certificate.CopyWithPrivateKey(own) : certificate.CopyWithPrivateKey((ECDsa)key);
    }
}
