using System.Text.Json;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>Credentials from a plugin.</summary>
internal sealed class ExecCredentialIssuer(ExecConfig plugin, KubeCluster cluster, IPluginRunner runner) : ICredentialIssuer
{
    // Written by the attempt, read by whoever wonders why it takes so long.
    private volatile string _said = "";

    private string Name => $"'{Path.GetFileName(plugin.Command)}' of user '{plugin.UserName}'";

    public async Task<IssuedCredential> IssueAsync(CancellationToken cancellationToken)
    {
        if (plugin.InteractiveMode == "Always")
        {
            throw Unusable("needs a terminal (interactiveMode: Always), and here is none",
                "Use a credential that works without a terminal.");
        }

        _said = "";
        return Parse(await runner.RunAsync(plugin, ExecInfo.Write(plugin, cluster), said => _said = said, cancellationToken));
    }

    public Fault SlowAttempt(bool isOver) => new(FaultKind.SignInRequired,
        $"The credential plugin {Name} {(isOver ? "waited for you in vain" : "waits for you to sign in")}{(_said.Length > 0 ? $": {_said}" : ".")}",
        isOver ? "Sign in: the plugin is started again then." : "Do what it asks for, perhaps in a browser window that it has opened; the forwards go on by themselves.");

    private IssuedCredential Parse(string output)
    {
        ExecCredential? credential;
        try
        {
            credential = JsonSerializer.Deserialize(ExecOutput.ToJson(output), CredentialsJson.Default.ExecCredential);
        }
        catch (Exception e) when (e is JsonException or ForwardException)
        {
            // Neither the output nor the parser's text is told: both may hold a token.
            throw Unusable("did not print an ExecCredential as JSON", null, e);
        }

        // kubectl takes an answer without a kind, too.
        if (credential is null or { Kind: not (null or "ExecCredential") })
            throw Unusable("did not print an ExecCredential as JSON", null);
        if (credential.ApiVersion != plugin.ApiVersion)
            throw Unusable($"answered with another apiVersion than the '{plugin.ApiVersion}' that the kubeconfig asks for", null);

        var (token, certificate, key) = (credential.Status?.Token, credential.Status?.ClientCertificateData, credential.Status?.ClientKeyData);
        if (string.IsNullOrEmpty(certificate) != string.IsNullOrEmpty(key))
            throw Unusable("printed a client certificate and a key only in part", null);
        if (string.IsNullOrEmpty(token) && string.IsNullOrEmpty(certificate))
            throw Unusable("printed neither a token nor a client certificate", null);

        var origin = $"the plugin '{Path.GetFileName(plugin.Command)}'";
        return new(
            new(string.IsNullOrEmpty(token) ? null : BearerToken.Header(token, origin),
                string.IsNullOrEmpty(certificate) ? null : ClientCertificate.FromPem(certificate, key!, origin)),
            credential.Status!.ExpirationTimestamp);
    }

    private ForwardException Unusable(string what, string? hint, Exception? inner = null) => new(new(FaultKind.CredentialsUnavailable,
        $"The credential plugin {Name} {what}.", hint ?? "Run it in a terminal to see what it prints."), inner);
}
