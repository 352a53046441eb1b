using System.Text;
using Kftray.Testing;
using Kftray.Testing.Http;
using Kftray.Testing.Security;

namespace Kftray.Conformance.Tests.Credentials;

/// <summary>
/// One cluster, one folder, one environment: what kubectl and the sidecar both get to see. The cluster's service <c>web</c> in the
/// namespace <c>shop</c> is what they go for.
/// </summary>
internal sealed class CredentialWorld(TestCluster cluster, string folder, CancellationToken timeout) : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _owned = [];
    private TestProxy? _proxy;

    public TestCluster Cluster => cluster;

    public CancellationToken Timeout => timeout;

    public string Folder => folder;

    /// <summary>Of both programs. SHLVL: as started from a shell, which kubectl is.</summary>
    public Dictionary<string, string> Environment { get; } = new()
    {
        ["HOME"] = folder,
        ["KUBECONFIG"] = Path.Combine(folder, "config"),
        ["PATH"] = System.Environment.GetEnvironmentVariable("PATH") ?? "",
        ["SHLVL"] = "1",
    };

    /// <summary>What kubectl is run by, if by anything.</summary>
    public IReadOnlyList<string> KubectlPrefix { get; set; } = [];

    public Kubectl Kubectl => new(Environment["KUBECONFIG"], folder, timeout) { Environment = Environment, Prefix = KubectlPrefix };

    public string Server => cluster.Server.ToString().TrimEnd('/');

    public string Authority => Base64(cluster.AuthorityPem);

    /// <summary>The trust that most rows have, as the fields of a cluster.</summary>
    public string Trusted => $"server: {Server}, certificate-authority-data: {Authority}";

    public string Token => cluster.Users["admin"].Token;

    public string Path_(string name) => Path.Combine(folder, name);

    public string Write(string name, string text)
    {
        var path = Path_(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        // A program that is open for writing, if only in a process that is just being forked, cannot be run.
        if (!File.Exists(path) || File.ReadAllText(path) != text)
            File.WriteAllText(path, text);
        return path;
    }

    /// <summary>The kubeconfig, with one context: the fields of its user and of its cluster in YAML's flow style.</summary>
    public string Config(string user, string? server = null, string name = "config") => Write(name, $$"""
        apiVersion: v1
        kind: Config
        current-context: demo
        contexts: [{name: demo, context: {cluster: demo, user: me, namespace: shop} }]
        clusters: [{name: demo, cluster: { {{server ?? Trusted}} } }]
        users: [{name: me, user: { {{user}} } }]
        """);

    /// <summary>A plugin: a shell script.</summary>
    public string Script(string name, string body)
    {
        var path = Write(name, "#!/bin/sh\n" + body.ReplaceLineEndings("\n"));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    /// <summary>The shell command that prints a credential.</summary>
    public static string Print(string status, string version = "v1") =>
        $$"""printf '%s' '{"apiVersion":"client.authentication.k8s.io/{{version}}","kind":"ExecCredential","status":{{status}} }'""";

    /// <summary>The fields of a user with a plugin.</summary>
    public static string Exec(string command, string more = "", string version = "v1") =>
        $"exec: {{apiVersion: client.authentication.k8s.io/{version}, command: {command}{(version == "v1" ? ", interactiveMode: Never" : "")}{(more.Length > 0 ? ", " + more : "")}}}";

    /// <summary>The same one each time, so that both programs find it at the same address.</summary>
    public TestProxy Proxy(ProxyKind kind, string? credentials = null) => _proxy ??= Own(cluster.StartProxy(kind, credentials));

    public async Task<OidcProvider> OidcAsync() => Own(await cluster.StartOidcProviderAsync("admin", timeout));

    /// <summary>The fields of a user of an identity provider.</summary>
    public string OidcUser(OidcProvider provider, string? idToken, string? refreshToken) =>
        $"auth-provider: {{name: oidc, config: {{idp-issuer-url: '{provider.Issuer}', client-id: {OidcProvider.ClientId}, client-secret: {provider.ClientSecret}, idp-certificate-authority-data: {Authority}"
        + (idToken is null ? "" : $", id-token: {idToken}") + (refreshToken is null ? "" : $", refresh-token: {refreshToken}") + "}}";

    public static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    public async ValueTask DisposeAsync()
    {
        foreach (var owned in _owned)
            await owned.DisposeAsync();
        await cluster.DisposeAsync();
    }

    private T Own<T>(T owned)
        where T : IAsyncDisposable
    {
        _owned.Add(owned);
        return owned;
    }
}
