using Kftray.Sidecar.Contract;

namespace Kftray.Conformance.Tests.Credentials;

/// <summary>Which files there are, and how they are put together.</summary>
internal static class FileRows
{
    public static IReadOnlyList<CredentialRow> All { get; } =
    [
        new("files: ~/.kube/config when KUBECONFIG is not set", world =>
        {
            world.Config($"token: {world.Token}", name: ".kube/config");
            world.Environment["KUBECONFIG"] = "";
        }),
        new("files: a list with a missing file and an empty entry", world =>
        {
            world.Config($"token: {world.Token}");
            world.Environment["KUBECONFIG"] = string.Join(Path.PathSeparator, world.Path_("missing"), "", world.Path_("config"));
        }),
        new("files: the first definition of a name wins", world =>
        {
            world.Write("first", $"users: [{{name: me, user: {{token: {world.Token}}}}}]");
            world.Config("token: wrong", name: "second");
            world.Environment["KUBECONFIG"] = string.Join(Path.PathSeparator, world.Path_("first"), world.Path_("second"));
        }),
        new("files: the first current-context wins", world =>
        {
            world.Write("first", "current-context: demo");
            world.Config($"token: {world.Token}", name: "second");
            File.AppendAllText(world.Path_("second"), "\n");
            world.Write("third", "current-context: nowhere");
            world.Environment["KUBECONFIG"] = string.Join(Path.PathSeparator, world.Path_("first"), world.Path_("second"), world.Path_("third"));
        }),
        new("files: context, cluster and user in three files", world =>
        {
            world.Write("a", "current-context: demo\ncontexts: [{name: demo, context: {cluster: c, user: u}}]");
            world.Write("b", $"clusters: [{{name: c, cluster: {{ {world.Trusted} }} }}]");
            world.Write("c", $"users: [{{name: u, user: {{token: {world.Token}}}}}]");
            world.Environment["KUBECONFIG"] = string.Join(Path.PathSeparator, world.Path_("a"), world.Path_("b"), world.Path_("c"));
        }),
        new("files: relative paths of the second file are relative to it", world =>
        {
            world.Write("first", "current-context: demo");
            world.Write("sub/ca.pem", world.Cluster.AuthorityPem);
            world.Write("sub/token", world.Token + "\n");
            world.Config("tokenFile: token", $"server: {world.Server}, certificate-authority: ca.pem", "sub/config");
            world.Environment["KUBECONFIG"] = string.Join(Path.PathSeparator, world.Path_("first"), world.Path_("sub/config"));
        }),
        new("files: a named context that is not the current one", world =>
        {
            world.Config($"token: {world.Token}");
            File.WriteAllText(world.Path_("config"), File.ReadAllText(world.Path_("config")).Replace("current-context: demo", "current-context: other"));
        }) { Context = "demo" },
        new("files: a broken entry breaks that entry only", world =>
        {
            world.Config($"token: {world.Token}");
            File.AppendAllText(world.Path_("config"), "\n");
            world.Write("second", """
                contexts: [{name: broken, context: {cluster: broken, user: broken}}]
                clusters: [{name: broken, cluster: {server: "ftp://nowhere", certificate-authority: /does/not/exist}}]
                users: [{name: broken, user: {exec: {apiVersion: v9, command: ""}}}]
                """);
            world.Environment["KUBECONFIG"] = string.Join(Path.PathSeparator, world.Path_("config"), world.Path_("second"));
        }),
        new("files: a context that is not there", world => world.Config($"token: {world.Token}"))
        {
            Context = "nowhere", Refusal = FaultKind.ContextNotFound, KubectlSays = "context \"nowhere\" does not exist", SidecarSays = "'nowhere'",
        },
        new("files: a user that is not defined", world => world.Write("config", $"""
            current-context: demo
            contexts: [{"{"}name: demo, context: {"{"}cluster: c, user: gone{"}"}{"}"}]
            clusters: [{"{"}name: c, cluster: {"{"} {world.Trusted} {"}"}{"}"}]
            """))
        {
            Refusal = FaultKind.KubeconfigInvalid, KubectlSays = "", SidecarSays = "'gone'",
        },
        new("files: not YAML", world => world.Write("config", "contexts:\n- name: [\nclusters: }"))
        {
            Refusal = FaultKind.KubeconfigInvalid, KubectlSays = "error loading config file", SidecarSays = "line",
        },
        new("files: none anywhere, and no pod either", world => world.Environment["KUBECONFIG"] = world.Path_("missing"))
        {
            Refusal = FaultKind.KubeconfigNotFound, KubectlSays = "localhost:8080",
        },
    ];
}
