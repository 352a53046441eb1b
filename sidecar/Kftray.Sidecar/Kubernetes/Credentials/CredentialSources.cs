using System.Net.Http.Headers;
using System.Text;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>Chooses the source for a user of the kubeconfig, by client-go's order of precedence.</summary>
/// <param name="transports">To identity providers.</param>
internal sealed class CredentialSources(
    IPluginRunner plugins, Func<KubeCluster, IServerTransport> transports, TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly SharedSources _shared = new();

    /// <exception cref="ForwardException">The user's way to authenticate is not supported.</exception>
    public ICredentialSource For(KubeContext context)
    {
        var user = context.User;
        if (user.AuthProvider is { } provider)
            return ForProvider(provider);

        AuthenticationHeaderValue? authorization =
            user.Token is { } token ? BearerToken.Header(token, "the kubeconfig")
            : (user.Username ?? user.Password) is not null
                ? new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user.Username}:{user.Password}")))
            : null;
        // Whatever else the user has beats a plugin.
        if (user.Exec is { } exec && authorization is null && user.TokenFile is null && user.ClientCertificate is null)
        {
            // What a plugin is told of the cluster may decide what it answers.
            var identity = string.Join('\n', "exec", user.Fingerprint, exec.UserName, exec.ProvidesClusterInfo ? context.Cluster.Fingerprint : "");
            return _shared.Get(identity, () => Renewable(exec.UserName, new ExecCredentialIssuer(exec, context.Cluster, plugins)));
        }

        return (user.TokenFile ?? user.ClientCertificate?.Path ?? user.ClientKey?.Path) is not null
            ? new FileCredentialSource(user.TokenFile, authorization, user.ClientCertificate, user.ClientKey)
            : new FixedCredentialSource(new(authorization, user.ClientCertificate is null
                ? null
                : ClientCertificate.FromPem(user.ClientCertificate.Text!, user.ClientKey!.Text!, "the kubeconfig")));
    }

    public ValueTask DisposeAsync() => _shared.DisposeAsync();

    private RenewableCredentialSource ForProvider(AuthProviderConfig provider)
    {
        if (provider.Name != "oidc")
        {
            throw new ForwardException(new(FaultKind.CredentialsUnavailable,
                $"The kubeconfig's auth-provider '{provider.Name}' is not supported.", provider.Name switch
                {
                    "gcp" => "Use the plugin gke-gcloud-auth-plugin instead, as kubectl does.",
                    "azure" => "Use the plugin kubelogin instead, as kubectl does.",
                    _ => "Use an exec credential plugin instead.",
                }));
        }

        var oidc = OidcConfig.From(provider);
        var source = _shared.Get(oidc.Identity, () => Renewable(oidc.UserName, new OidcCredentialIssuer(
            oidc, new OidcClient(oidc, transports, time), new OidcTokenStore(oidc, time, loggers.CreateLogger<OidcTokenStore>()), time)));
        if (source.Issuer is OidcCredentialIssuer issuer && issuer.IsNews(oidc.IdToken))
            source.Reset();
        return source;
    }

    private RenewableCredentialSource Renewable(string user, ICredentialIssuer issuer) =>
        new(user, issuer, time, loggers.CreateLogger<RenewableCredentialSource>());
}
