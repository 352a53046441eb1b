using System.Globalization;
using System.Text.Json.Nodes;
using Kftray.Testing.Http;
using Kftray.Testing.Store;
using Microsoft.AspNetCore.Http;

namespace Kftray.Testing.Controllers;

/// <summary>What becomes of the objects that belong to a deleted one.</summary>
internal enum Propagation
{
    /// <summary>They are deleted after it.</summary>
    Background,

    /// <summary>They are deleted before it.</summary>
    Foreground,

    /// <summary>They stay and belong to nobody.</summary>
    Orphan,
}

/// <summary>The options of a delete request.</summary>
/// <param name="GraceSeconds">Null: what the object itself says.</param>
/// <param name="Uid">The deletion is for this very object.</param>
internal sealed record DeletionOptions(int? GraceSeconds = null, string? Uid = null, Propagation Propagation = Propagation.Background)
{
    /// <summary>From the body, or from the query as old clients send it.</summary>
    /// <exception cref="ApiException">400.</exception>
    public static async Task<DeletionOptions> ReadAsync(HttpRequest request)
    {
        var body = await request.ReadJsonAsync();
        var fromQuery = int.TryParse(request.Query["gracePeriodSeconds"], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? seconds
            : (int?)null;
        var propagation = body.Text("propagationPolicy") ?? request.Query["propagationPolicy"].ToString();
        return new DeletionOptions(
            body.Number("gracePeriodSeconds") ?? fromQuery,
            body.Text("preconditions", "uid"),
            propagation.Length == 0 ? Propagation.Background
                : Enum.TryParse<Propagation>(propagation, out var parsed) ? parsed
                : throw ApiException.BadRequest($"DeletePropagation \"{propagation}\" is not known"));
    }
}

/// <summary>Deletion with its grace: of a pod the beginning is stored, and the kubelet brings it to its end.</summary>
internal sealed class Deletion(ObjectStore store, TimeProvider time)
{
    private const string ForegroundFinalizer = "foregroundDeletion";

    /// <returns>The last known state, and whether the object is gone already.</returns>
    /// <exception cref="ApiException">404; 409 when it is another object than asked for.</exception>
    public (StoredObject Last, bool IsGone) Delete(ResourceKind kind, string @namespace, string name, DeletionOptions options)
    {
        var found = store.Get(kind, @namespace, name);
        if (options.Uid is { } uid && uid != found.Uid) throw ApiException.Conflict(kind, name);
        if (kind == ResourceKinds.Pods && GraceOf(found, options) is > 0 and var grace) return (Begin(found, grace), false);
        if (kind == ResourceKinds.Namespaces) return (Begin(found, 0), false);
        if (kind != ResourceKinds.Pods && options.Propagation == Propagation.Foreground) return (BeginForeground(found), false);
        if (options.Propagation == Propagation.Orphan) Orphan(found);
        return (store.Remove(kind, @namespace, name, found.Uid) ?? throw ApiException.NotFound(kind, name), true);
    }

    /// <summary>True for an object that goes when nothing belongs to it any more; the <see cref="GarbageCollector"/> ends it.</summary>
    public static bool IsForeground(StoredObject item) => item.IsTerminating && FinalizersOf(item.Read()).Contains(ForegroundFinalizer);

    private static int GraceOf(StoredObject stored, DeletionOptions options)
    {
        var pod = new PodView(stored);
        // Nothing runs that could end: not yet, or no more.
        return pod.NodeName is null || pod.IsFinished ? 0 : options.GraceSeconds ?? pod.TerminationGraceSeconds;
    }

    private StoredObject Begin(StoredObject found, int graceSeconds) => store.Update(found.Kind, found.Namespace, found.Name, content =>
    {
        var metadata = content.Metadata();
        // A second deletion may shorten the grace, never lengthen it.
        if (metadata.Number("deletionGracePeriodSeconds") is { } earlier && earlier <= graceSeconds) return content;
        metadata["deletionTimestamp"] ??= TimestampIn(graceSeconds);
        metadata["deletionGracePeriodSeconds"] = graceSeconds;
        if (found.Kind == ResourceKinds.Namespaces) content["status"] = new JsonObject { ["phase"] = "Terminating" };
        return content;
    });

    private StoredObject BeginForeground(StoredObject found) => store.Update(found.Kind, found.Namespace, found.Name, content =>
    {
        var metadata = content.Metadata();
        metadata["deletionTimestamp"] ??= TimestampIn(0);
        metadata["deletionGracePeriodSeconds"] = 0;
        if (!FinalizersOf(content).Contains(ForegroundFinalizer))
            metadata["finalizers"] = FinalizersOf(content).Append(ForegroundFinalizer).Select(name => (JsonNode?)name).ToJsonArray();
        return content;
    });

    private void Orphan(StoredObject owner)
    {
        foreach (var dependent in store.ListNamespace(owner.Namespace).Where(item => item.OwnerUids.Contains(owner.Uid)))
        {
            store.Update(dependent.Kind, dependent.Namespace, dependent.Name, content =>
            {
                var others = content.Items("metadata", "ownerReferences").Where(reference => reference.Text("uid") != owner.Uid).Select(JsonNode? (reference) => reference.DeepClone());
                content.Metadata()["ownerReferences"] = others.ToJsonArray();
                return content;
            });
        }
    }

    private string TimestampIn(int seconds) =>
        time.GetUtcNow().AddSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static IEnumerable<string> FinalizersOf(JsonObject content) =>
        (content.At("metadata", "finalizers") as JsonArray)?.Select(finalizer => finalizer.Text() ?? "") ?? [];
}
