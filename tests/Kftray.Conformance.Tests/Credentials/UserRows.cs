using Kftray.Sidecar.Contract;
using Kftray.Testing.Security;

namespace Kftray.Conformance.Tests.Credentials;

/// <summary>Who the user is, by what stands in the kubeconfig and the files it names.</summary>
internal static class UserRows
{
    public static IReadOnlyList<CredentialRow> All { get; } =
    [
        .. Enum.GetValues<ClientKeyForm>().Select(form => new CredentialRow($"user: client certificate inline, key {form}", world =>
        {
            var pem = world.Cluster.IssueClientCertificate("dev", form);
            world.Config($"client-certificate-data: {CredentialWorld.Base64(pem.Certificate)}, client-key-data: {CredentialWorld.Base64(pem.Key)}");
        }) { User = "dev" }),
        new("user: client certificate and key in files", world =>
        {
            var pem = world.Cluster.IssueClientCertificate("dev", ClientKeyForm.EcPkcs8);
            world.Write("tls.crt", pem.Certificate);
            world.Write("tls.key", pem.Key);
            world.Config("client-certificate: tls.crt, client-key: tls.key");
        }) { User = "dev" },
        new("user: client certificate and key in one file", world =>
        {
            var pem = world.Cluster.IssueClientCertificate("dev", ClientKeyForm.EcSec1);
            world.Write("both.pem", pem.Key + "\n" + pem.Certificate);
            world.Config("client-certificate: both.pem, client-key: both.pem");
        }) { User = "dev" },
        new("user: client certificate with its intermediate", world =>
        {
            var pem = world.Cluster.IssueClientCertificate("dev", ClientKeyForm.RsaPkcs8, isThroughIntermediate: true);
            world.Config($"client-certificate-data: {CredentialWorld.Base64(pem.Certificate)}, client-key-data: {CredentialWorld.Base64(pem.Key)}");
        }) { User = "dev" },
        new("user: client certificate inline, key in a file", world =>
        {
            var pem = world.Cluster.IssueClientCertificate("dev", ClientKeyForm.RsaPkcs1);
            world.Write("tls.key", pem.Key);
            world.Config($"client-certificate-data: {CredentialWorld.Base64(pem.Certificate)}, client-key: tls.key");
        }) { User = "dev" },
        new("user: client certificate and token", world =>
        {
            var pem = world.Cluster.IssueClientCertificate("dev", ClientKeyForm.EcPkcs8);
            world.Config($"token: {world.Token}, client-certificate-data: {CredentialWorld.Base64(pem.Certificate)}, client-key-data: {CredentialWorld.Base64(pem.Key)}");
        }) { User = "dev" },
        new("user: the key of another certificate", world => world.Config(
            $"client-certificate-data: {CredentialWorld.Base64(world.Cluster.IssueClientCertificate("dev", ClientKeyForm.EcPkcs8).Certificate)}, "
            + $"client-key-data: {CredentialWorld.Base64(world.Cluster.IssueClientCertificate("dev", ClientKeyForm.EcPkcs8).Key)}"))
        {
            Refusal = FaultKind.CredentialsUnavailable, KubectlSays = "private key does not match",
        },
        new("user: a certificate without a key", world => world.Config(
            $"client-certificate-data: {CredentialWorld.Base64(world.Cluster.IssueClientCertificate("dev", ClientKeyForm.EcPkcs8).Certificate)}"))
        {
            Refusal = FaultKind.KubeconfigInvalid, KubectlSays = "client-key",
        },
        new("user: token", world => world.Config($"token: {world.Token}")),
        new("user: a token that the server does not take", world => world.Config("token: wrong"))
        {
            Refusal = FaultKind.Unauthorized, KubectlSays = "must be logged in", User = null,
        },
        new("user: tokenFile, with a line end", world =>
        {
            world.Write("token", world.Token + "\n");
            world.Config("tokenFile: token");
        }),
        new("user: tokenFile beats token", world =>
        {
            world.Write("token", world.Token);
            world.Config("token: wrong, tokenFile: token");
        }),
        new("user: tokenFile that is missing leaves token", world => world.Config($"token: {world.Token}, tokenFile: gone")),
        new("user: tokenFile that is missing", world => world.Config("tokenFile: gone"))
        {
            Refusal = FaultKind.CredentialsUnavailable, KubectlSays = "gone", SidecarSays = "gone",
        },
        new("user: basic auth", world => world.Config($"username: admin, password: {world.Token}")),
        new("user: basic auth that is wrong", world => world.Config("username: admin, password: wrong"))
        {
            Refusal = FaultKind.Unauthorized, KubectlSays = "must be logged in", User = null,
        },
        new("user: basic auth and token", world => world.Config($"username: admin, password: p, token: {world.Token}"))
        {
            Refusal = FaultKind.KubeconfigInvalid, KubectlSays = "more than one authentication method",
        },
        new("user: impersonation", world => world.Config($"token: {world.Token}, as: jane")) { User = "jane" },
        new("user: impersonation with groups, uid and extra", world => world.Config(
            $"token: {world.Token}, as: jane, as-uid: '42', as-groups: [dev, 'ops, and more', system:authenticated], as-user-extra: {{scopes: [a, b], 'example.org/role name': [r]}}"))
        {
            User = "jane",
        },
        new("user: impersonation with letters beyond ASCII", world => world.Config($"token: {world.Token}, as: jürgen, as-groups: [gruppe-ä]")) { User = "jürgen" },
        new("user: impersonation that is not allowed", world =>
        {
            world.Cluster.Users.Add("dev");
            world.Cluster.Rbac.Deny("dev", "impersonate", "users");
            world.Config($"token: {world.Cluster.Users["dev"].Token}, as: jane");
        })
        {
            Refusal = FaultKind.Forbidden, KubectlSays = "Forbidden", SidecarSays = "cannot impersonate", User = null,
        },
        new("user: groups to impersonate without a user", world => world.Config($"token: {world.Token}, as-groups: [dev]"))
        {
            Refusal = FaultKind.KubeconfigInvalid, KubectlSays = "without impersonating a user", SidecarSays = "'as'",
        },
        new("user: auth-provider gcp, which is gone", world => world.Config("auth-provider: {name: gcp}"))
        {
            Refusal = FaultKind.CredentialsUnavailable, KubectlSays = "gke-gcloud-auth-plugin", SidecarSays = "gke-gcloud-auth-plugin",
        },
        new("user: auth-provider azure, which is gone", world => world.Config("auth-provider: {name: azure}"))
        {
            Refusal = FaultKind.CredentialsUnavailable, KubectlSays = "kubelogin", SidecarSays = "kubelogin",
        },
        new("user: an auth-provider nobody has", world => world.Config("auth-provider: {name: mine}"))
        {
            Refusal = FaultKind.CredentialsUnavailable, KubectlSays = "mine", SidecarSays = "mine",
        },
    ];
}
