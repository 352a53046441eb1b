using System.Net.Http.Headers;
using System.Text;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>Chooses the source for a user of the kubeconfig.</summary>
internal sealed class CredentialSources(HostEnvironment environment, IPluginRunner plugins, TimeProvider time, ILoggerFactory loggers)
{
    /// <exception cref="ForwardException">The user's way to authenticate is not supported.</exception>
    public ICredentialSource For(KubeContext context)
    {
        var user = context.User;
        if (user.AuthProvider is { } provider)
        {
            throw new ForwardException(new(FaultKind.CredentialsUnavailable,
                $"The kubeconfig's auth-provider '{provider}' is not supported.", provider switch
                {
                    "gcp" => "Use the plugin gke-gcloud-auth-plugin instead, as kubectl does.",
                    "azure" => "Use the plugin kubelogin instead, as kubectl does.",
                    _ => "Use an exec credential plugin instead.",
                }));
        }

        // A token or password of the kubeconfig's own beats a plugin, as in client-go.
        AuthenticationHeaderValue? authorization =
            user.Token is { } token ? new("Bearer", token)
            : user.Username is { } name ? new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{user.Password}")))
            : null;
        if (user.Exec is { } exec && authorization is null && user.TokenFile is null)
        {
            return new ExecCredentialSource(exec, context.Cluster, environment, plugins, time,
                loggers.CreateLogger<ExecCredentialSource>());
        }

        return (user.TokenFile ?? user.ClientCertificate?.Path ?? user.ClientKey?.Path) is not null
            ? new FileCredentialSource(user.TokenFile, authorization, user.ClientCertificate, user.ClientKey)
            : new FixedCredentialSource(new(authorization, user.ClientCertificate is null
                ? null
                : ClientCertificate.FromPem(user.ClientCertificate.Text!, user.ClientKey!.Text!, "the kubeconfig")));
    }
}
