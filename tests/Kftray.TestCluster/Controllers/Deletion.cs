using System.Globalization;
using System.Text.Json.Nodes;
using Kftray.Testing.Http;
using Kftray.Testing.Store;
using Microsoft.AspNetCore.Http;

namespace Kftray.Testing.Controllers;

/// <summary>The options of a delete request.</summary>
/// <param name="GraceSeconds">Null: what the object itself says.</param>
/// <param name="Uid">The deletion is for this very object.</param>
internal sealed record DeletionOptions(int? GraceSeconds = null, string? Uid = null)
{
    /// <summary>From the body, or from the query as old clients send it.</summary>
    public static async Task<DeletionOptions> ReadAsync(HttpRequest request)
    {
        var body = await request.ReadJsonAsync();
        var fromQuery = int.TryParse(request.Query["gracePeriodSeconds"], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? seconds
            : (int?)null;
        return new DeletionOptions(body.Number("gracePeriodSeconds") ?? fromQuery, body.Text("preconditions", "uid"));
    }
}

/// <summary>Deletion with its grace: of a pod the beginning is stored, and the kubelet brings it to its end.</summary>
internal sealed class Deletion(ObjectStore store, TimeProvider time)
{
    /// <returns>The last known state, and whether the object is gone already.</returns>
    /// <exception cref="ApiException">404; 409 when it is another object than asked for.</exception>
    public (StoredObject Last, bool IsGone) Delete(ResourceKind kind, string @namespace, string name, DeletionOptions options)
    {
        var found = store.Get(kind, @namespace, name);
        if (options.Uid is { } uid && uid != found.Uid) throw ApiException.Conflict(kind, name);
        if (kind == ResourceKinds.Pods && GraceOf(found, options) is > 0 and var grace) return (Begin(found, grace), false);
        if (kind == ResourceKinds.Namespaces) return (Begin(found, 0), false);
        return (store.Remove(kind, @namespace, name, found.Uid) ?? throw ApiException.NotFound(kind, name), true);
    }

    private static int GraceOf(StoredObject pod, DeletionOptions options) =>
        options.GraceSeconds ?? pod.Read().Number("spec", "terminationGracePeriodSeconds") ?? 30;

    private StoredObject Begin(StoredObject found, int graceSeconds) => store.Update(found.Kind, found.Namespace, found.Name, content =>
    {
        var metadata = content.Metadata();
        // A second deletion may shorten the grace, never lengthen it.
        if (metadata.Number("deletionGracePeriodSeconds") is { } earlier && earlier <= graceSeconds) return content;
        var deadline = time.GetUtcNow().AddSeconds(graceSeconds);
        metadata["deletionTimestamp"] ??= deadline.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        metadata["deletionGracePeriodSeconds"] = graceSeconds;
        if (found.Kind == ResourceKinds.Namespaces) content["status"] = new JsonObject { ["phase"] = "Terminating" };
        return content;
    });
}
