using Kftray.Sidecar.Contract;
using Kftray.Testing.Security;
using static Kftray.Conformance.Tests.Credentials.CredentialWorld;

namespace Kftray.Conformance.Tests.Credentials;

/// <summary>Credential plugins: small shell scripts.</summary>
internal static class PluginRows
{
    public static IReadOnlyList<CredentialRow> All { get; } =
    [
        new("exec: v1, token", world => world.Config(Exec(world.Script("login", Print($$"""{"token":"{{world.Token}}"}"""))))),
        new("exec: v1beta1, which need not say how interactive it is", world =>
            world.Config(Exec(world.Script("login", Print($$"""{"token":"{{world.Token}}"}""", "v1beta1")), version: "v1beta1"))),
        new("exec: a client certificate", world =>
        {
            var pem = world.Cluster.IssueClientCertificate("dev", ClientKeyForm.EcSec1);
            world.Config(Exec(world.Script("login", Print(
                $$"""{"clientCertificateData":"{{Json(pem.Certificate)}}","clientKeyData":"{{Json(pem.Key)}}"}"""))));
        }) { User = "dev" },
        new("exec: args and env, as they are", world => world.Config(Exec(
            world.Script("login", $"""
                [ "$1" = "--scope=a b" ] && [ "$2" = '$HOME "x"' ] && [ "$#" = 2 ] && [ "$REGION" = "eu west" ] && [ -n "$PATH" ] || exit 9
                {Print($$"""{"token":"{{world.Token}}"}""")}
                """),
            """args: ["--scope=a b", '$HOME "x"'], env: [{name: REGION, value: eu west}]"""))),
        new("exec: a command relative to its kubeconfig", world =>
        {
            world.Script("bin/login", Print($$"""{"token":"{{world.Token}}"}"""));
            world.Config(Exec("bin/login"));
        }),
        new("exec: a command from PATH", world =>
        {
            world.Script("tools/kftray-test-login", Print($$"""{"token":"{{world.Token}}"}"""));
            world.Environment["PATH"] = $"{world.Path_("tools")}{Path.PathSeparator}{world.Environment["PATH"]}";
            world.Config(Exec("kftray-test-login"));
        }),
        new("exec: a command that is not there", world => world.Config(Exec("kftray-no-such-login", "installHint: get it at example.test")))
        {
            Refusal = FaultKind.CredentialsUnavailable, KubectlSays = "get it at example.test", SidecarSays = "get it at example.test",
        },
        new("exec: a file that is no program", world => world.Config(Exec(world.Write("login", "text"))))
        {
            Refusal = FaultKind.CredentialsUnavailable, KubectlSays = "permission denied",
        },
        new("exec: not told of the cluster", world => world.Config(Exec(world.Script("login", $"""
            case "$KUBERNETES_EXEC_INFO" in *server*) exit 9;; *'"interactive":false'*) ;; *) exit 8;; esac
            {Print($$"""{"token":"{{world.Token}}"}""")}
            """)))),
        new("exec: told of the cluster, with its extension", world => world.Config(
            Exec(world.Script("login", $"""
                for part in '"server":"{world.Server}"' '"certificate-authority-data":"{world.Authority}"' '"audience":"shop"' '"level":3' '"kind":"ExecCredential"'; do
                  case "$KUBERNETES_EXEC_INFO" in *"$part"*) ;; *) echo "no $part" >&2; exit 9;; esac
                done
                {Print($$"""{"token":"{{world.Token}}"}""")}
                """), "provideClusterInfo: true"),
            $"{world.Trusted}, extensions: [{{name: client.authentication.k8s.io/exec, extension: {{audience: shop, level: 3}}}}]")),
        new("exec: reads its input, which has ended", world => world.Config(Exec(world.Script("login", $"""
            [ -z "$(cat)" ] || exit 9
            {Print($$"""{"token":"{{world.Token}}"}""")}
            """)).Replace("Never", "IfAvailable"))),
        new("exec: cannot do without a terminal", world => world.Config(Exec(world.Script("login", Print($$"""{"token":"{{world.Token}}"}"""))).Replace("Never", "Always")))
        {
            Refusal = FaultKind.CredentialsUnavailable, KubectlSays = "not a terminal", SidecarSays = "terminal",
        },
        new("exec: v1 without interactiveMode", world => world.Config(Exec(world.Script("login", Print($$"""{"token":"{{world.Token}}"}"""))).Replace(", interactiveMode: Never", "")))
        {
            Refusal = FaultKind.KubeconfigInvalid, KubectlSays = "interactiveMode must be specified", SidecarSays = "interactiveMode",
        },
        new("exec: an apiVersion nobody has", world => world.Config(Exec(world.Script("login", "exit 0"), version: "v9").Replace("command", "interactiveMode: Never, command")))
        {
            Refusal = FaultKind.KubeconfigInvalid, KubectlSays = "v9", SidecarSays = "v9",
        },
        new("exec: fails and says why", world => world.Config(Exec(world.Script("login", "echo 'your session has expired' >&2; exit 3"))))
        {
            Refusal = FaultKind.CredentialsUnavailable, KubectlSays = "your session has expired", SidecarSays = "exit code 3: your session has expired",
        },
        new("exec: prints something else", world => world.Config(Exec(world.Script("login", "echo hello"))))
        {
            Refusal = FaultKind.CredentialsUnavailable, KubectlSays = "decoding stdout",
        },
        new("exec: answers in another version", world => world.Config(Exec(world.Script("login", Print($$"""{"token":"{{world.Token}}"}""", "v1beta1")))))
        {
            Refusal = FaultKind.CredentialsUnavailable, KubectlSays = "v1beta1", SidecarSays = "apiVersion",
        },
        new("exec: answers without a kind", world =>
            world.Config(Exec(world.Script("login", Print($$"""{"token":"{{world.Token}}"}""").Replace("\"kind\":\"ExecCredential\",", ""))))),
        new("exec: answers with another kind", world =>
            world.Config(Exec(world.Script("login", Print($$"""{"token":"{{world.Token}}"}""").Replace("ExecCredential", "Pod")))))
        {
            Refusal = FaultKind.CredentialsUnavailable, KubectlSays = "Pod",
        },
        new("exec: answers in YAML", world => world.Config(Exec(world.Script("login",
            $"printf 'apiVersion: client.authentication.k8s.io/v1\\nkind: ExecCredential\\nstatus:\\n  token: {world.Token}\\n'")))),
        new("exec: a certificate without its key", world => world.Config(Exec(world.Script("login", Print("""{"clientCertificateData":"x"}""")))))
        {
            Refusal = FaultKind.CredentialsUnavailable, KubectlSays = "only certificate or key",
        },
        new("exec: neither token nor certificate", world => world.Config(Exec(world.Script("login", Print("{}")))))
        {
            Refusal = FaultKind.CredentialsUnavailable, KubectlSays = "didn't return a token", SidecarSays = "neither a token nor",
        },
        new("exec: a token that the server does not take", world => world.Config(Exec(world.Script("login", Print("""{"token":"wrong"}""")))))
        {
            Refusal = FaultKind.Unauthorized, KubectlSays = "logged in", User = null,
        },
        new("exec: is not run where there is a token", world => world.Config($"token: {world.Token}, {Exec(world.Script("login", "exit 9"))}")),
        new("exec: is not run where there is a client certificate", world =>
        {
            var pem = world.Cluster.IssueClientCertificate("dev", ClientKeyForm.EcPkcs8);
            world.Config($"client-certificate-data: {Base64(pem.Certificate)}, client-key-data: {Base64(pem.Key)}, {Exec(world.Script("login", "exit 9"))}");
        }) { User = "dev" },
        new("exec: a token that expires", world => world.Config(Exec(world.Script("login", Print(
            $$"""{"token":"{{world.Token}}","expirationTimestamp":"{{TimeProvider.System.GetUtcNow().AddMinutes(5):yyyy-MM-ddTHH:mm:ssZ}}"}"""))))),
        new("exec: with impersonation", world => world.Config($"as: jane, as-groups: [a, b], {Exec(world.Script("login", Print($$"""{"token":"{{world.Token}}"}""")))}")) { User = "jane" },
    ];

    private static string Json(string pem) => pem.ReplaceLineEndings("\\n");
}
