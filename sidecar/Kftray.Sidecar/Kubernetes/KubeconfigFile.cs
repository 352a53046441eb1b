using System.Security.Cryptography;
using System.Text;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes.Credentials;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>One kubeconfig file: its entries by name, not looked into before they are used, so that a broken entry breaks itself only.</summary>
internal sealed class KubeconfigFile
{
    private KubeconfigFile(KubeconfigYaml root)
    {
        CurrentContext = root.Text("current-context");
        Contexts = Entries(root, "contexts", "context");
        Clusters = Entries(root, "clusters", "cluster");
        Users = Entries(root, "users", "user");
    }

    public string? CurrentContext { get; }

    public IReadOnlyDictionary<string, Entry> Contexts { get; }

    public IReadOnlyDictionary<string, Entry> Clusters { get; }

    public IReadOnlyDictionary<string, Entry> Users { get; }

    /// <summary>Says nothing at all, like a file that a tool has made and not filled yet.</summary>
    public bool IsEmpty => CurrentContext is null && Contexts.Count == 0 && Clusters.Count == 0 && Users.Count == 0;

    /// <exception cref="ForwardException">It is no kubeconfig: where and why.</exception>
    public static KubeconfigFile Parse(string path, string text) => new(KubeconfigYaml.Parse(path, text));

    /// <summary>Order is the file's. Within a file the first definition of a name wins too.</summary>
    private static Dictionary<string, Entry> Entries(KubeconfigYaml root, string list, string content)
    {
        var entries = new Dictionary<string, Entry>();
        foreach (var entry in root.ReadableMaps(list))
        {
            if (entry.ReadableText("name") is { } name)
                entries.TryAdd(name, new(entry, content));
        }

        return entries;
    }

    /// <summary>The cluster that an entry describes.</summary>
    /// <exception cref="ForwardException">The entry is not valid, or its CA file cannot be read.</exception>
    public static KubeCluster ReadCluster(KubeconfigYaml entry)
    {
        var skips = entry.Flag("insecure-skip-tls-verify");
        var authorities = entry.Base64("certificate-authority-data")
            ?? (entry.FilePath("certificate-authority") is { } path ? ReadText(entry, path) : null);
        if (skips && authorities is not null)
            throw entry.Invalid("'insecure-skip-tls-verify' and a certificate authority exclude each other");

        var execConfig = entry.Maps("extensions").FirstOrDefault(e => e.Text("name") == "client.authentication.k8s.io/exec")?.Map("extension");
        return new()
        {
            Server = ReadUri(entry, "server", "http", "https") ?? throw entry.Invalid("'server' is missing"),
            CertificateAuthorities = authorities,
            SkipsTlsVerification = skips,
            TlsServerName = entry.Text("tls-server-name"),
            Proxy = ReadUri(entry, "proxy-url", "http", "https", "socks5"),
            ExecConfig = execConfig?.ToJson(),
            Fingerprint = Fingerprint(entry.ToJson(), authorities),
        };
    }

    /// <summary>The user that an entry describes; files it names are read when they are needed.</summary>
    /// <exception cref="ForwardException">The entry is not valid.</exception>
    public static KubeUser ReadUser(string name, KubeconfigYaml entry)
    {
        var user = new KubeUser
        {
            Token = entry.Text("token"),
            TokenFile = entry.FilePath("tokenFile"),
            Username = entry.Text("username"),
            Password = entry.Text("password"),
            ClientCertificate = ReadPem(entry, "client-certificate"),
            ClientKey = ReadPem(entry, "client-key"),
            Impersonation = ReadImpersonation(entry),
            Exec = entry.Map("exec") is { } exec ? ReadExec(name, exec) : null,
            AuthProvider = entry.Map("auth-provider") is { } provider ? ReadAuthProvider(name, provider) : null,
            Fingerprint = Fingerprint(entry.ToJson(), entry.File),
        };
        if (user.ClientCertificate is null != user.ClientKey is null)
            throw entry.Invalid($"user '{name}' needs both a client certificate and a client key");
        if ((user.Username ?? user.Password) is not null && (user.Token ?? user.TokenFile) is not null)
            throw entry.Invalid($"user '{name}' has both a token and a user name with password; only one can be used");
        if (user.Exec is not null && user.AuthProvider is not null)
            throw entry.Invalid($"user '{name}' has both an exec plugin and an auth-provider; only one can be used");
        return user;
    }

    private static ExecConfig ReadExec(string user, KubeconfigYaml exec)
    {
        var command = exec.RequiredText("command");
        // A path is relative to its kubeconfig; a bare name is looked up in PATH.
        if (command.Contains('/', StringComparison.Ordinal) || command.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal))
            command = exec.FilePath("command")!;

        var version = exec.RequiredText("apiVersion");
        if (version is not ("client.authentication.k8s.io/v1" or "client.authentication.k8s.io/v1beta1"))
            throw exec.Invalid($"the exec apiVersion '{version}' is not supported; v1 and v1beta1 of client.authentication.k8s.io are");

        return new()
        {
            ApiVersion = version,
            Command = command,
            Arguments = exec.Texts("args"),
            Environment = [.. exec.Maps("env").Select(e => KeyValuePair.Create(e.RequiredText("name"), e.Text("value") ?? ""))],
            ProvidesClusterInfo = exec.Flag("provideClusterInfo"),
            InteractiveMode = InteractiveMode(exec, version),
            InstallHint = exec.Text("installHint") is { } hint ? PluginSpeech.Clean(hint, []) : null,
            UserName = user,
        };
    }

    /// <summary>Must be said in <c>v1</c>; <c>v1beta1</c> did not have it at first.</summary>
    private static string InteractiveMode(KubeconfigYaml exec, string version) => exec.Text("interactiveMode") switch
    {
        null when version.EndsWith("/v1beta1", StringComparison.Ordinal) => "IfAvailable",
        null => throw exec.Invalid("'interactiveMode' is missing, which v1 of client.authentication.k8s.io asks for: Never, IfAvailable or Always"),
        ("Never" or "IfAvailable" or "Always") and var mode => mode,
        _ => throw exec.Invalid("'interactiveMode' must be Never, IfAvailable or Always"),
    };

    private static AuthProviderConfig ReadAuthProvider(string user, KubeconfigYaml provider)
    {
        var config = provider.Map("config");
        return new()
        {
            Name = provider.RequiredText("name"),
            Values = config?.Keys.Where(key => config.ReadableText(key) is not null).ToDictionary(key => key, key => config.ReadableText(key)!) ?? [],
            File = provider.File,
            UserName = user,
        };
    }

    private static PemSource? ReadPem(KubeconfigYaml entry, string key)
    {
        var text = entry.Base64(key + "-data");
        var path = entry.FilePath(key);
        return text is null && path is null ? null : new PemSource(text, text is null ? path : null);
    }

    private static Impersonation? ReadImpersonation(KubeconfigYaml entry)
    {
        var extra = entry.Map("as-user-extra");
        var impersonation = new Impersonation(
            entry.Text("as"), entry.Text("as-uid"), entry.Texts("as-groups"),
            extra?.Keys.ToDictionary(key => key, extra.Texts) ?? []);
        if (impersonation.User is not null)
            return impersonation;
        return impersonation is { Uid: null, Groups.Count: 0, Extra.Count: 0 }
            ? null
            : throw entry.Invalid("'as-uid', 'as-groups' and 'as-user-extra' need 'as'");
    }

    private static Uri? ReadUri(KubeconfigYaml entry, string key, params ReadOnlySpan<string> schemes)
    {
        if (entry.Text(key) is not { } text)
            return null;
        // kubectl accepts a host without a scheme and means https for the server.
        if (key == "server" && !text.Contains("://", StringComparison.Ordinal))
            text = "https://" + text;
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && schemes.Contains(uri.Scheme)
            ? uri
            : throw entry.Invalid($"'{key}' must be a URL that begins with {string.Join(", ", schemes.ToArray().Select(s => s + "://"))}");
    }

    private static string ReadText(KubeconfigYaml entry, string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ForwardException(new(FaultKind.KubeconfigInvalid,
                $"The certificate authority {path}, which the kubeconfig {entry.File} names, cannot be read.",
                "Check that the file exists and that you may read it."), e);
        }
    }

    private static string Fingerprint(string content, string? more) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(content + "\n" + more)));

    /// <summary>A named entry. What it holds is looked at when it is used.</summary>
    internal sealed class Entry(KubeconfigYaml entry, string content)
    {
        /// <exception cref="ForwardException">The content is no mapping.</exception>
        public KubeconfigYaml Content => entry.Map(content) ?? entry;
    }
}
