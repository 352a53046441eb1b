namespace Kftray.Sidecar.Kubernetes;

/// <summary>A context of the kubeconfig with all that it names: where the server is and who we are there.</summary>
/// <param name="Namespace">Null when the context names none.</param>
internal sealed record KubeContext(string Name, string? Namespace, KubeCluster Cluster, KubeUser User);

/// <summary>How to reach an API server and how to know it.</summary>
internal sealed class KubeCluster
{
    /// <summary>Absolute, <c>http</c> or <c>https</c>; may have a path prefix.</summary>
    public required Uri Server { get; init; }

    /// <summary>PEM bundle of the only authorities to trust; null for the system's.</summary>
    public string? CertificateAuthorities { get; init; }

    public bool SkipsTlsVerification { get; init; }

    /// <summary>Name to ask for and to check in the certificate, instead of the server's host.</summary>
    public string? TlsServerName { get; init; }

    /// <summary><c>http</c>, <c>https</c> or <c>socks5</c>; null: as the environment says.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>The extension <c>client.authentication.k8s.io/exec</c> as JSON text; null when there is none.</summary>
    public string? ExecConfig { get; init; }

    /// <summary>Equal for equal definitions. Another value means another cluster behind the same name.</summary>
    public required string Fingerprint { get; init; }
}

/// <summary>Who we are. Holds credentials, so it is no record: nothing prints it.</summary>
internal sealed class KubeUser
{
    public string? Token { get; init; }

    /// <summary>Beats <see cref="Token"/>; read again when it changes.</summary>
    public string? TokenFile { get; init; }

    public string? Username { get; init; }

    public string? Password { get; init; }

    public PemSource? ClientCertificate { get; init; }

    public PemSource? ClientKey { get; init; }

    public Impersonation? Impersonation { get; init; }

    public ExecConfig? Exec { get; init; }

    public AuthProviderConfig? AuthProvider { get; init; }

    /// <summary>Equal for equal definitions; a hash, so it tells nothing.</summary>
    public required string Fingerprint { get; init; }
}

/// <summary>PEM text given inline, or the file that holds it. Inline data beats a file.</summary>
internal sealed class PemSource(string? text, string? path)
{
    public string? Text { get; } = text;

    public string? Path { get; } = path;
}

internal sealed record Impersonation(
    string? User, string? Uid, IReadOnlyList<string> Groups, IReadOnlyDictionary<string, IReadOnlyList<string>> Extra);

/// <summary>A credential plugin. https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins</summary>
internal sealed class ExecConfig
{
    /// <summary><c>client.authentication.k8s.io/v1</c> or <c>…/v1beta1</c>.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>A name to look up in PATH, or an absolute path.</summary>
    public required string Command { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];

    public bool ProvidesClusterInfo { get; init; }

    /// <summary><c>Never</c>, <c>IfAvailable</c> or <c>Always</c>.</summary>
    public string InteractiveMode { get; init; } = "IfAvailable";

    public string? InstallHint { get; init; }

    /// <summary>The user's name in the kubeconfig, for messages.</summary>
    public required string UserName { get; init; }
}

/// <summary>The older way to get credentials by a program: one that is built into the client. Holds credentials, so it is no record.</summary>
internal sealed class AuthProviderConfig
{
    /// <summary><c>oidc</c>, or one that nobody has any more.</summary>
    public required string Name { get; init; }

    /// <summary>By the keys of the kubeconfig, such as <c>idp-issuer-url</c>.</summary>
    public required IReadOnlyDictionary<string, string> Values { get; init; }

    /// <summary>The kubeconfig that it stands in, where new tokens go.</summary>
    public required string File { get; init; }

    /// <summary>The user's name in the kubeconfig.</summary>
    public required string UserName { get; init; }

    public string? this[string key] => Values.GetValueOrDefault(key) is { Length: > 0 } value ? value : null;
}
