using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Nerdbank.Streams;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes;

/// <summary>Real handshakes over a pair of streams in memory.</summary>
public sealed class ServerCertificateCheckTests
{
    private readonly X509Certificate2 _authority = Certificates.Authority();

    [Fact]
    public async Task Handshake_CertificateOfTheAuthorityForTheName_IsAccepted() =>
        Assert.Null(await HandshakeAsync(Certificates.Issue(_authority, "k8s.test"), Cluster()));

    [Fact]
    public async Task Handshake_CertificateForAnotherName_IsRefusedAndNamesBoth()
    {
        var fault = await HandshakeAsync(Certificates.Issue(_authority, "other.test"), Cluster());
        Assert.Equal(FaultKind.TlsNotTrusted, fault?.Kind);
        Assert.Contains("not for 'k8s.test' but for other.test, 10.96.0.1", fault!.Message);
    }

    [Fact]
    public async Task Handshake_TlsServerName_IsTheNameThatCounts() =>
        Assert.Null(await HandshakeAsync(Certificates.Issue(_authority, "inner"), Cluster(serverName: "inner")));

    [Fact]
    public async Task Handshake_CertificateOfAnotherAuthority_IsRefused()
    {
        var fault = await HandshakeAsync(Certificates.Issue(Certificates.Authority("CN=somebody else"), "k8s.test"), Cluster());
        Assert.Equal(FaultKind.TlsNotTrusted, fault?.Kind);
        Assert.Contains("issued by 'CN=somebody else', which is not trusted", fault!.Message);
    }

    [Fact]
    public async Task Handshake_ExpiredCertificate_IsRefusedWithTheDate()
    {
        var fault = await HandshakeAsync(Certificates.Issue(_authority, "k8s.test", expired: true), Cluster());
        Assert.Equal(FaultKind.TlsNotTrusted, fault?.Kind);
        Assert.Contains("expired on", fault!.Message);
    }

    [Fact]
    public async Task Handshake_BundleHoldsOnlyTheIntermediate_IsAcceptedAsGoDoes()
    {
        var intermediate = Certificates.Issue(_authority, "intermediate", isAuthority: true);
        Assert.Null(await HandshakeAsync(Certificates.Issue(intermediate, "k8s.test"), Cluster(bundle: intermediate.ExportCertificatePem())));
    }

    [Fact]
    public async Task Handshake_BundleOfSeveral_TrustsEach()
    {
        var bundle = Certificates.Authority("CN=first").ExportCertificatePem() + "\n" + _authority.ExportCertificatePem();
        Assert.Null(await HandshakeAsync(Certificates.Issue(_authority, "k8s.test"), Cluster(bundle: bundle)));
    }

    [Fact]
    public async Task Handshake_VerificationSkipped_AcceptsAnything() =>
        Assert.Null(await HandshakeAsync(Certificates.Issue(Certificates.Authority("CN=any"), "other"), Cluster(skip: true)));

    [Theory]
    [InlineData("no pem at all")]
    [InlineData("-----BEGIN CERTIFICATE-----\nbm90IGE=\n-----END CERTIFICATE-----")]
    public void Bundle_NotACertificate_IsAFaultOfTheKubeconfig(string bundle) =>
        Assert.Equal(FaultKind.KubeconfigInvalid, Assert.Throws<ForwardException>(() => new ServerCertificateCheck(Cluster(bundle: bundle))).Fault.Kind);

    private KubeCluster Cluster(string? bundle = null, string? serverName = null, bool skip = false) => new()
    {
        Server = new("https://k8s.test:6443"),
        CertificateAuthorities = skip ? null : bundle ?? _authority.ExportCertificatePem(),
        TlsServerName = serverName,
        SkipsTlsVerification = skip,
        Fingerprint = "",
    };

    private static async Task<Fault?> HandshakeAsync(X509Certificate2 certificate, KubeCluster cluster)
    {
        var (client, server) = FullDuplexStream.CreatePair();
        await using var serverTls = new SslStream(server);
        await using var clientTls = new SslStream(client);
        var accepting = serverTls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate });
        try
        {
            var check = new ServerCertificateCheck(cluster);
            await clientTls.AuthenticateAsClientAsync(check.Options(check.TargetHost, null));
            await accepting;
            return null;
        }
        catch (Exception e)
        {
            client.Dispose();
            await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return KubernetesFaults.From(e, cluster.Server);
        }
    }
}
