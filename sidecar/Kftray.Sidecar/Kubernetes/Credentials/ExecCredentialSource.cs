using System.Net.Http.Headers;
using System.Text.Json;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>
/// Credentials from a plugin: run once for however many callers wait, kept until they expire, renewed once when the server refuses them.
/// </summary>
internal sealed partial class ExecCredentialSource(
    ExecConfig plugin, KubeCluster cluster, HostEnvironment environment, IPluginRunner runner, TimeProvider time, ILogger logger)
    : ICredentialSource
{
    /// <summary>Renewed this much early: a token must outlive the request that carries it.</summary>
    internal static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    /// <summary>Between two runs because of refusals: a server that refuses everybody for a while is asked every second.</summary>
    internal static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _oneRun = new(1);
    private readonly Lock _gate = new();
    private volatile Held? _held;

    // Guarded by _gate.
    private long? _refusedAt;

    public async ValueTask<Credential> GetAsync(CancellationToken cancellationToken)
    {
        if (Valid is { } valid)
            return valid.Credential;

        await _oneRun.WaitAsync(cancellationToken);
        try
        {
            if (Valid is { } renewed)
                return renewed.Credential;
            var held = await RunAsync(cancellationToken);
            _held = held;
            return held.Credential;
        }
        finally
        {
            _oneRun.Release();
        }
    }

    public bool Invalidate(Credential refused)
    {
        lock (_gate)
        {
            // Someone else may have renewed it meanwhile: then the newer one stays.
            if (_held is not { } held || !ReferenceEquals(held.Credential, refused))
                return true;
            if (_refusedAt is { } before && time.GetElapsedTime(before) < Rest)
                return false;
            _refusedAt = time.GetTimestamp();
            _held = null;
            return true;
        }
    }

    private Held? Valid => _held is { } held && (held.Expires is null || time.GetUtcNow() < held.Expires - Margin) ? held : null;

    private async Task<Held> RunAsync(CancellationToken cancellationToken)
    {
        if (plugin.InteractiveMode == "Always")
        {
            throw Unusable("needs a terminal (interactiveMode: Always), and here is none",
                "Use a credential that works without a terminal.");
        }

        var started = time.GetTimestamp();
        var output = await runner.RunAsync(plugin, ExecInfo.Write(plugin, cluster), cancellationToken);
        var held = Parse(output);
        Log.PluginRan(logger, Path.GetFileName(plugin.Command), plugin.UserName, time.GetElapsedTime(started), held.Expires);
        return held;
    }

    private Held Parse(string output)
    {
        ExecCredential? credential;
        try
        {
            credential = JsonSerializer.Deserialize(output, CredentialsJson.Default.ExecCredential);
        }
        catch (JsonException e)
        {
            // Neither the output nor the parser's text is told: both may hold a token.
            throw Unusable("did not print a JSON object", null, e);
        }

        if (credential?.ApiVersion != plugin.ApiVersion)
            throw Unusable($"answered with apiVersion '{credential?.ApiVersion}' where the kubeconfig asks for '{plugin.ApiVersion}'", null);

        var (token, certificate, key) = (credential.Status?.Token, credential.Status?.ClientCertificateData, credential.Status?.ClientKeyData);
        if (string.IsNullOrEmpty(token) && string.IsNullOrEmpty(certificate))
            throw Unusable("printed neither a token nor a client certificate", null);
        if (string.IsNullOrEmpty(certificate) != string.IsNullOrEmpty(key))
            throw Unusable("printed a client certificate and a key only in part", null);

        return new(
            new(string.IsNullOrEmpty(token) ? null : new AuthenticationHeaderValue("Bearer", token),
                string.IsNullOrEmpty(certificate) ? null : ClientCertificate.FromPem(certificate, key!, $"the plugin '{plugin.Command}'")),
            credential.Status!.ExpirationTimestamp);
    }

    private ForwardException Unusable(string what, string? hint, Exception? inner = null) => new(new(FaultKind.CredentialsUnavailable,
        $"The credential plugin '{Path.GetFileName(plugin.Command)}' of user '{plugin.UserName}' {what}.",
        hint ?? $"Run it in a terminal to see what it prints{(environment["PATH"] is null ? "; PATH is not set here" : "")}."), inner);

    private sealed class Held(Credential credential, DateTimeOffset? expires)
    {
        public Credential Credential { get; } = credential;

        public DateTimeOffset? Expires { get; } = expires;
    }
}
