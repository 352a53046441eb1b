using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>
/// The <c>oidc</c> auth-provider of one user, by the keys that kubectl reads. Holds credentials, so it is no record.
/// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#option-1-oidc-authenticator
/// </summary>
internal sealed class OidcConfig
{
    public const string IdTokenKey = "id-token";
    public const string RefreshTokenKey = "refresh-token";

    /// <summary>Absolute; ends without a slash.</summary>
    public required Uri Issuer { get; init; }

    public required string ClientId { get; init; }

    public string? ClientSecret { get; init; }

    /// <summary>PEM bundle; null for the system's authorities.</summary>
    public string? CertificateAuthorities { get; init; }

    public string? IdToken { get; init; }

    public string? RefreshToken { get; init; }

    /// <summary>The kubeconfig that new tokens are written to.</summary>
    public required string File { get; init; }

    public required string UserName { get; init; }

    /// <summary>Equal for the same user of the same provider, whatever tokens they have.</summary>
    public string Identity => string.Join('\n', "oidc", File, UserName, Issuer.OriginalString, ClientId, ClientSecret, CertificateAuthorities);

    /// <exception cref="ForwardException">What is missing or not valid.</exception>
    public static OidcConfig From(AuthProviderConfig provider)
    {
        if (!Uri.TryCreate(Required(provider, "idp-issuer-url").TrimEnd('/'), UriKind.Absolute, out var issuer) || issuer.Scheme is not ("https" or "http"))
            throw Invalid(provider, "'idp-issuer-url' must be a URL that begins with https://");
        return new()
        {
            Issuer = issuer,
            ClientId = Required(provider, "client-id"),
            ClientSecret = provider["client-secret"],
            CertificateAuthorities = Authorities(provider),
            IdToken = provider[IdTokenKey],
            RefreshToken = provider[RefreshTokenKey],
            File = provider.File,
            UserName = provider.UserName,
        };
    }

    private static string Required(AuthProviderConfig provider, string key) => provider[key] ?? throw Invalid(provider, $"'{key}' is missing");

    private static string? Authorities(AuthProviderConfig provider)
    {
        try
        {
            if (provider["idp-certificate-authority-data"] is { } data)
                return System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(data));
            return provider["idp-certificate-authority"] is { } path
                ? System.IO.File.ReadAllText(Path.GetFullPath(path, Path.GetDirectoryName(provider.File)!))
                : null;
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw Invalid(provider, "its certificate authority cannot be read", e);
        }
    }

    private static ForwardException Invalid(AuthProviderConfig provider, string what, Exception? inner = null) => new(new(FaultKind.KubeconfigInvalid,
        $"The auth-provider 'oidc' of user '{provider.UserName}' in {provider.File} is not valid: {what}.",
        "Correct the file, or point to another kubeconfig."), inner);
}
