using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Serialization;
using Kftray.Testing.Security;

namespace Kftray.Testing.Http;

/// <summary>Which certificate the server shows.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ServerCertificateKind>))]
public enum ServerCertificateKind
{
    /// <summary>Of the cluster's authority, for localhost, 127.0.0.1 and ::1.</summary>
    Valid,

    /// <summary>Of the cluster's authority, for another host.</summary>
    OtherName,

    /// <summary>For the right names, but of an authority that the kubeconfig does not name.</summary>
    OtherAuthority,

    /// <summary>Valid until yesterday.</summary>
    Expired,

    /// <summary>Of an authority between the cluster's and this, which is sent along.</summary>
    ThroughIntermediate,

    /// <summary>The same, with the intermediate not sent.</summary>
    WithoutIntermediate,

    /// <summary>Its own authority.</summary>
    SelfSigned,
}

/// <summary>The server's certificates, each issued when it is first shown.</summary>
internal sealed class ServerCertificates(CertificateAuthority authority, TimeProvider time) : IDisposable
{
    private static readonly string[] OwnNames = ["localhost", "127.0.0.1", "::1", "kubernetes", "kubernetes.default.svc"];

    private readonly Lock _gate = new();
    private readonly Dictionary<ServerCertificateKind, (X509Certificate2 Certificate, SslStreamCertificateContext Context)> _issued = [];
    private readonly Lazy<CertificateAuthority> _intermediate = new(() => authority.IssueAuthority("kubernetes intermediate"));
    private CertificateAuthority? _other;

    public CertificateAuthority Intermediate => _intermediate.Value;

    /// <summary>Shown to the handshakes from now on.</summary>
    public ServerCertificateKind Shown { get; set; }

    public SslStreamCertificateContext Current
    {
        get
        {
            lock (_gate)
            {
                if (_issued.TryGetValue(Shown, out var issued)) return issued.Context;
                var certificate = Issue(Shown);
                // Offline: the chain is what is given here, and looking for more takes time.
                var sent = Shown == ServerCertificateKind.ThroughIntermediate ? new X509Certificate2Collection(Intermediate.Certificate) : null;
                var context = SslStreamCertificateContext.Create(certificate, sent, offline: true);
                _issued[Shown] = (certificate, context);
                return context;
            }
        }
    }

    public void Dispose()
    {
        foreach (var (certificate, _) in _issued.Values) certificate.Dispose();
        _other?.Dispose();
        if (_intermediate.IsValueCreated) _intermediate.Value.Dispose();
    }

    private X509Certificate2 Issue(ServerCertificateKind kind) => kind switch
    {
        ServerCertificateKind.OtherName => authority.IssueServer(["another.example.test"]),
        ServerCertificateKind.OtherAuthority => (_other ??= new CertificateAuthority("another authority", time)).IssueServer(OwnNames),
        ServerCertificateKind.Expired => authority.IssueServer(OwnNames, isExpired: true),
        ServerCertificateKind.ThroughIntermediate or ServerCertificateKind.WithoutIntermediate => Intermediate.IssueServer(OwnNames),
        ServerCertificateKind.SelfSigned => SelfSigned(),
        _ => authority.IssueServer(OwnNames),
    };

    private X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(time.GetUtcNow().AddHours(-1), time.GetUtcNow().AddDays(300));
    }
}
