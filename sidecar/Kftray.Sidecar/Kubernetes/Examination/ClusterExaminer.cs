using System.Net;
using System.Text.Json;
using Kftray.Sidecar.Kubernetes.Credentials;

namespace Kftray.Sidecar.Kubernetes.Examination;

/// <param name="Certificate">When the client certificate ends; null when there is none.</param>
/// <param name="Token">When the token ends, if it says so.</param>
/// <param name="Took">How long it took to get them.</param>
internal sealed record CredentialSight(DateTimeOffset? Certificate, DateTimeOffset? Token, TimeSpan Took);

/// <param name="Version">Such as <c>v1.36.0</c>; null when the server does not tell.</param>
/// <param name="ClockAhead">How far the server's clock is ahead of this machine's; null when the server does not tell.</param>
internal sealed record VersionSight(string? Version, TimeSpan? ClockAhead, TimeSpan Took);

/// <summary>
/// The doctor's way to look at one cluster piece by piece. Each method asks once and throws what any request would throw:
/// <see cref="ApiStatusException"/> when the server refuses, <see cref="Forwarding.ForwardException"/> when it could not be asked.
/// </summary>
internal sealed class ClusterExaminer(ApiServer server, TimeProvider time)
{
    public async Task<CredentialSight> TakeCredentialAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var credential = await server.TakeCredentialAsync(cancellationToken);
        return new(credential.Certificate?.NotAfter, TokenExpiry.Of(credential.Authorization), time.GetElapsedTime(started));
    }

    /// <summary>Name, network, proxy and TLS.</summary>
    public Task KnockAsync(CancellationToken cancellationToken) => server.KnockAsync(cancellationToken);

    public async Task<VersionSight> ReadVersionAsync(CancellationToken cancellationToken)
    {
        await server.Road.AskAgainAsync(cancellationToken);
        var started = time.GetTimestamp();
        using var request = ApiRequest.Get("version", "ask for its version");
        using var response = await server.SendAsync(request, cancellationToken);
        var took = time.GetElapsedTime(started);
        // Half of the way there and back has passed since the server looked at its clock, which shows whole seconds.
        var ahead = response.Headers.Date + (took / 2) - time.GetUtcNow();
        if (response.StatusCode == HttpStatusCode.Forbidden)
            return new(null, ahead, took);
        if (response.StatusCode != HttpStatusCode.OK)
            throw await KubernetesFaults.ExceptionFromAsync(response, cancellationToken);
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            using var json = await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken);
            return new(json.RootElement.TryGetProperty("gitVersion", out var version) ? version.GetString() : null, ahead, took);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or IOException)
        {
            throw KubernetesFaults.Unreadable(e as JsonException ?? new JsonException("no object", e), server.Context);
        }
    }

    /// <summary>Whether the user may do this.</summary>
    public async Task<bool> MayAsync(Permission permission, string ns, CancellationToken cancellationToken)
    {
        using var request = AccessReview.Ask(permission, ns);
        using var response = await server.SendAsync(request, cancellationToken);
        return response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created
            ? await AccessReview.ReadAsync(response, server.Context, cancellationToken)
            : throw await KubernetesFaults.ExceptionFromAsync(response, cancellationToken);
    }
}
