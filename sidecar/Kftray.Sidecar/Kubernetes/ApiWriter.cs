using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>
/// Typed changes over the road to one server. Each throws <see cref="ApiStatusException"/> when the server refuses and
/// <see cref="ForwardException"/> when it could not be asked.
/// </summary>
internal sealed class ApiWriter(IApiServer server, TimeProvider time)
{
    private readonly ApiCalls _calls = new(server, time);

    /// <param name="manifest">The object as JSON.</param>
    public Task<T> CreateAsync<T>(ResourceKind<T> kind, string ns, byte[] manifest, CancellationToken cancellationToken)
        where T : IResource =>
        CallAsync(kind, new(HttpMethod.Post, Relative(kind.Path(ns))), $"create {kind.Plural} in namespace '{ns}'", manifest, "application/json", cancellationToken);

    /// <param name="patch">A JSON merge patch; with <c>metadata.resourceVersion</c> in it only that version is changed.</param>
    public Task<T> PatchAsync<T>(ResourceKind<T> kind, string ns, string name, byte[] patch, CancellationToken cancellationToken)
        where T : IResource =>
        CallAsync(kind, new(HttpMethod.Patch, Relative(kind.Path(ns, name))), $"change {kind.Plural} in namespace '{ns}'", patch,
            "application/merge-patch+json", cancellationToken);

    /// <summary>Deletes this very object, and in the background what it owns.</summary>
    /// <returns>False when it is not there any more.</returns>
    public async Task<bool> DeleteAsync<T>(ResourceKind<T> kind, string ns, string name, string uid, CancellationToken cancellationToken)
        where T : IResource
    {
        var options = JsonSerializer.SerializeToUtf8Bytes(
            new DeleteOptions("v1", "DeleteOptions", "Background", new DeletePreconditions(uid)), DeleteJson.Default.DeleteOptions);
        using var request = ApiRequest.Describe(new(HttpMethod.Delete, Relative(kind.Path(ns, name))), $"delete {kind.Plural} in namespace '{ns}'");
        request.Content = Json(options, "application/json");
        try
        {
            using var response = await _calls.SendAsync(request, cancellationToken);
            return true;
        }
        catch (ApiStatusException e) when (e.Status is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            // Conflict: another of the same name has taken its place.
            return false;
        }
    }

    private async Task<T> CallAsync<T>(
        ResourceKind<T> kind, HttpRequestMessage request, string what, byte[] body, string type, CancellationToken cancellationToken)
        where T : IResource
    {
        using var described = ApiRequest.Describe(request, what);
        described.Content = Json(body, type);
        return await _calls.CallAsync(described, kind.ReadAsync, cancellationToken);
    }

    private static Uri Relative(string path) => new(path, UriKind.Relative);

    private static ByteArrayContent Json(byte[] body, string type) => new(body) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };
}
