using System.Net.Http.Headers;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>
/// A token file, and client certificate and key of which at least one is a file. Read again when a file has changed: rotated credentials
/// are used by the next request.
/// </summary>
internal sealed class FileCredentialSource(
    string? tokenFile, AuthenticationHeaderValue? authorization, PemSource? certificate, PemSource? key) : ICredentialSource
{
    private readonly Lock _gate = new();
    private (string Stamp, Credential Credential)? _cached;

    public ValueTask<Credential> GetAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var stamp = $"{Stamp(tokenFile)}|{Stamp(certificate?.Path)}|{Stamp(key?.Path)}";
            if (_cached is not { } cached || cached.Stamp != stamp)
                _cached = cached = (stamp, Read());
            return ValueTask.FromResult(cached.Credential);
        }
    }

    public bool Invalidate(Credential refused)
    {
        lock (_gate)
        {
            // Some tools rewrite a token with the same time stamp and length, so one look past the stamp is worth it.
            if (_cached is { } cached && ReferenceEquals(cached.Credential, refused))
                _cached = null;
            return tokenFile is not null;
        }
    }

    public void Accept(Credential accepted)
    {
    }

    public Task Renewed { get; } = new TaskCompletionSource().Task;

    public void RetryNow(bool userIsThere)
    {
    }

    public Task<Fault?> SignInAsync(CancellationToken cancellationToken) => Task.FromResult<Fault?>(null);

    private Credential Read()
    {
        return new(ReadToken(), certificate is null || key is null ? null : ClientCertificate.FromPem(
            certificate.Text ?? ReadText(certificate.Path!), key.Text ?? ReadText(key.Path!), certificate.Path ?? key.Path ?? "the kubeconfig"));
    }

    /// <summary>As client-go has it: a file that cannot be read, or is empty, leaves the token that stands in the kubeconfig.</summary>
    private AuthenticationHeaderValue? ReadToken()
    {
        if (tokenFile is null)
            return authorization;
        try
        {
            var token = ReadText(tokenFile).Trim();
            return token.Length > 0 ? BearerToken.Header(token, tokenFile) : authorization ?? throw new ForwardException(new(
                FaultKind.CredentialsUnavailable, $"The token file {tokenFile}, which the kubeconfig names, is empty.", "Sign in again, or correct the file."));
        }
        catch (ForwardException) when (authorization is not null)
        {
            return authorization;
        }
    }

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ForwardException(new(FaultKind.CredentialsUnavailable,
                $"The credential file {path}, which the kubeconfig names, cannot be read.",
                "Check that the file exists and that you may read it."), e);
        }
    }

    private static long Stamp(string? path) => path is null ? 0 : File.GetLastWriteTimeUtc(path).Ticks;
}
