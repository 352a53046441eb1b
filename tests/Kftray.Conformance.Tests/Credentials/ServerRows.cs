using Kftray.Sidecar.Contract;
using Kftray.Testing.Http;

namespace Kftray.Conformance.Tests.Credentials;

/// <summary>How the server is found and known.</summary>
internal static class ServerRows
{
    public static IReadOnlyList<CredentialRow> All { get; } =
    [
        new("server: certificate-authority-data", world => world.Config($"token: {world.Token}")),
        new("server: certificate-authority as a file", world =>
        {
            var path = world.Write("ca.pem", world.Cluster.AuthorityPem);
            world.Config($"token: {world.Token}", $"server: {world.Server}, certificate-authority: {path}");
        }),
        new("server: insecure-skip-tls-verify", world => world.Config($"token: {world.Token}", $"server: {world.Server}, insecure-skip-tls-verify: true")),
        new("server: insecure-skip-tls-verify with an authority", world => world.Config($"token: {world.Token}", $"{world.Trusted}, insecure-skip-tls-verify: true"))
        {
            Refusal = FaultKind.KubeconfigInvalid, KubectlSays = "not allowed",
        },
        new("server: an authority that cannot be read", world => world.Config($"token: {world.Token}", $"server: {world.Server}, certificate-authority: {world.Path_("gone.pem")}"))
        {
            Refusal = FaultKind.KubeconfigInvalid, KubectlSays = "unable to read certificate-authority", SidecarSays = "gone.pem",
        },
        new("server: an authority it does not have", world => world.Config($"token: {world.Token}"))
        {
            Cluster = new() { ServerCertificate = ServerCertificateKind.OtherAuthority }, Refusal = FaultKind.TlsNotTrusted, KubectlSays = "unknown authority",
        },
        new("server: a certificate for another name", world => world.Config($"token: {world.Token}"))
        {
            Cluster = new() { ServerCertificate = ServerCertificateKind.OtherName }, Refusal = FaultKind.TlsNotTrusted, KubectlSays = "x509",
        },
        new("server: a certificate that has expired", world => world.Config($"token: {world.Token}"))
        {
            Cluster = new() { ServerCertificate = ServerCertificateKind.Expired }, Refusal = FaultKind.TlsNotTrusted, KubectlSays = "expired",
        },
        new("server: tls-server-name is asked for and checked", world => world.Config($"token: {world.Token}", $"{world.Trusted}, tls-server-name: another.example.test"))
        {
            Cluster = new() { ServerCertificate = ServerCertificateKind.OtherName },
        },
        new("server: tls-server-name that the certificate lacks", world => world.Config($"token: {world.Token}", $"{world.Trusted}, tls-server-name: wrong.example.test"))
        {
            Refusal = FaultKind.TlsNotTrusted, KubectlSays = "wrong.example.test", SidecarSays = "wrong.example.test",
        },
        new("server: a name instead of an address", world => world.Config($"token: {world.Token}", world.Trusted.Replace("127.0.0.1", "localhost"))),
        new("server: an intermediate that is sent", world => world.Config($"token: {world.Token}"))
        {
            Cluster = new() { ServerCertificate = ServerCertificateKind.ThroughIntermediate },
        },
        new("server: an intermediate that is missing", world => world.Config($"token: {world.Token}"))
        {
            Cluster = new() { ServerCertificate = ServerCertificateKind.WithoutIntermediate }, Refusal = FaultKind.TlsNotTrusted, KubectlSays = "unknown authority",
        },
        new("server: the intermediate in the bundle, after the root", world =>
            world.Config($"token: {world.Token}", $"server: {world.Server}, certificate-authority-data: {CredentialWorld.Base64(world.Cluster.AuthorityPem + "\n" + world.Cluster.IntermediatePem)}"))
        {
            Cluster = new() { ServerCertificate = ServerCertificateKind.WithoutIntermediate },
        },
        new("server: the intermediate alone is trusted", world =>
            world.Config($"token: {world.Token}", $"server: {world.Server}, certificate-authority-data: {CredentialWorld.Base64(world.Cluster.IntermediatePem)}"))
        {
            Cluster = new() { ServerCertificate = ServerCertificateKind.ThroughIntermediate },
        },
        new("server: its own certificate is the authority", world =>
            world.Config($"token: {world.Token}", $"server: {world.Server}, certificate-authority-data: {CredentialWorld.Base64(world.Cluster.ServerCertificatePem)}"))
        {
            Cluster = new() { ServerCertificate = ServerCertificateKind.SelfSigned },
        },
        new("server: a path prefix", world => world.Config($"token: {world.Token}")) { Cluster = new() { PathPrefix = "/k8s/clusters/c-m-1" } },
        new("server: a path prefix with a slash at the end", world => world.Config($"token: {world.Token}", $"server: {world.Server}/, certificate-authority-data: {world.Authority}"))
        {
            Cluster = new() { PathPrefix = "/k8s/clusters/c-m-1" },
        },
        new("server: HTTP/1.1 only", world => world.Config($"token: {world.Token}")) { Cluster = new() { IsHttp11Only = true } },
        new("server: IPv6", world =>
            world.Config($"token: {world.Token}", $"server: 'https://[::1]:{world.Proxy(ProxyKind.RelayOnIPv6).Port}', certificate-authority-data: {world.Authority}")),
        new("server: nothing listens", world => world.Config($"token: {world.Token}", $"server: 'https://127.0.0.1:1', certificate-authority-data: {world.Authority}"))
        {
            Refusal = FaultKind.ServerUnreachable, KubectlSays = "refused",
        },
        new("server: a name that does not exist", world => world.Config($"token: {world.Token}", $"server: 'https://no.such.host.invalid:6443', certificate-authority-data: {world.Authority}"))
        {
            Refusal = FaultKind.ServerUnreachable, KubectlSays = "no.such.host.invalid", SidecarSays = "no.such.host.invalid",
        },
        new("server: in a pod, without a kubeconfig", world =>
        {
            world.Environment["KUBECONFIG"] = world.Path_("missing");
            world.Environment["KUBERNETES_SERVICE_HOST"] = world.Cluster.Server.Host;
            world.Environment["KUBERNETES_SERVICE_PORT"] = $"{world.Cluster.Server.Port}";
            world.Write("service-account/token", world.Token);
            world.Write("service-account/ca.crt", world.Cluster.AuthorityPem);
            world.Write("service-account/namespace", "shop");
            if (ServiceAccountFolder.IsPossible)
                world.KubectlPrefix = ServiceAccountFolder.Command(world.Path_("service-account"));
        })
        {
            Kinder = ServiceAccountFolder.IsPossible ? null : "kubectl finds no service account at /var/run/secrets", KubectlSays = "localhost:8080",
        },
    ];
}
