using System.Text;
using System.Text.Json.Nodes;
using Kftray.Testing.Store;

namespace Kftray.Testing.Security;

/// <summary>How a kubeconfig proves who the user is.</summary>
public enum CredentialKind
{
    ClientCertificate,
    Token,
}

/// <summary>One context of a kubeconfig.</summary>
/// <param name="Namespace">The context's namespace; null leaves it out.</param>
public sealed record KubeconfigContext(
    string Name, string User = "admin", string? Namespace = null, CredentialKind Credential = CredentialKind.ClientCertificate)
{
    /// <summary>Another address than the cluster's own, for example through a gateway.</summary>
    public string? Server { get; init; }
}

/// <summary>Writes kubeconfigs. JSON is YAML, so no YAML writer is needed and every reader takes it.</summary>
internal static class Kubeconfig
{
    public static JsonObject Build(string server, string authorityPem, ClusterUsers users, IReadOnlyList<KubeconfigContext> contexts) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Config",
        ["current-context"] = contexts[0].Name,
        ["clusters"] = contexts.Select(context => Named(context.Name, "cluster", new JsonObject
        {
            ["server"] = context.Server ?? server,
            ["certificate-authority-data"] = Base64(authorityPem),
        })).ToJsonArray(),
        ["users"] = contexts.Select(context => Named(context.Name, "user", UserOf(context, users[context.User]))).ToJsonArray(),
        ["contexts"] = contexts.Select(context => Named(context.Name, "context", ContextOf(context))).ToJsonArray(),
    };

    /// <summary>Replaces the file in one step: whoever watches it never reads half of it.</summary>
    public static void Write(string path, JsonObject content)
    {
        var temporary = $"{path}.{RandomNames.Suffix(6)}.tmp";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        // kubectl and others warn about a kubeconfig that others can read.
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(temporary, options)) file.Write(content.ToUtf8());
        File.Move(temporary, path, overwrite: true);
    }

    private static JsonObject UserOf(KubeconfigContext context, ClusterUser user) => context.Credential switch
    {
        CredentialKind.Token => new JsonObject { ["token"] = user.Token },
        _ => new JsonObject
        {
            ["client-certificate-data"] = Base64(user.CertificatePem),
            ["client-key-data"] = Base64(user.PrivateKeyPem),
        },
    };

    private static JsonObject ContextOf(KubeconfigContext context)
    {
        var content = new JsonObject { ["cluster"] = context.Name, ["user"] = context.Name };
        if (context.Namespace is not null) content["namespace"] = context.Namespace;
        return content;
    }

    private static JsonObject Named(string name, string key, JsonObject content) => new() { ["name"] = name, [key] = content };

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));
}
