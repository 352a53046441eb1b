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

    private Credential Read()
    {
        var header = tokenFile is null ? authorization : new AuthenticationHeaderValue("Bearer", ReadText(tokenFile).Trim());
        return new(header, certificate is null || key is null ? null : ClientCertificate.FromPem(
            certificate.Text ?? ReadText(certificate.Path!), key.Text ?? ReadText(key.Path!), certificate.Path ?? key.Path ?? "the kubeconfig"));
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
