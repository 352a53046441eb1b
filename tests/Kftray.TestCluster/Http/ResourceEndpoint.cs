using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Kftray.Testing.Admission;
using Kftray.Testing.Controllers;
using Kftray.Testing.Store;
using Microsoft.AspNetCore.Http;

namespace Kftray.Testing.Http;

/// <summary>What an access review asks about.</summary>
internal readonly record struct Access(string Verb, string Resource, string Namespace);

/// <summary>Get, list, create, update, patch and delete, for every kind alike.</summary>
internal sealed class ResourceEndpoint(ObjectStore store, AdmissionChain admission, Deletion deletion)
{
    /// <param name="isAllowed">Whether the caller may do something; for access reviews.</param>
    public Task ServeAsync(HttpContext context, RequestInfo request, Func<Access, bool> isAllowed) => (request.Verb, request.Subresource) switch
    {
        _ when request.Kind!.IsCreateOnly => request.Verb == "create" ? ReviewAsync(context, isAllowed) : throw ApiException.MethodNotAllowed(),
        (_, "scale") => ScaleAsync(context, request),
        (not ("get" or "patch" or "update"), not null) => throw ApiException.MethodNotAllowed(),
        (_, not null) when !request.Kind.Subresources.Any(subresource => subresource.Name == request.Subresource) => throw ApiException.UnknownPath(),
        ("get", _) => GetAsync(context, request),
        ("list", _) => ListAsync(context, request),
        ("create", _) => CreateAsync(context, request),
        ("update" or "patch", _) => ChangeAsync(context, request),
        ("delete", _) => DeleteAsync(context, request),
        ("deletecollection", _) => DeleteCollectionAsync(context, request),
        _ => throw ApiException.MethodNotAllowed(),
    };

    private Task GetAsync(HttpContext context, RequestInfo request)
    {
        var found = store.Get(request.Kind!, request.Namespace ?? "", request.Name!);
        return TableRenderer.IsWanted(context.Request)
            ? context.Response.WriteJsonAsync(TableRenderer.Render(request.Kind!, [found], found.Revision, store.Timestamp(), context.Request))
            : context.Response.WriteJsonAsync(found.Json);
    }

    private Task ListAsync(HttpContext context, RequestInfo request)
    {
        var query = context.Request.Query;
        if (query.ContainsKey("resourceVersionMatch") && query["resourceVersion"].ToString().Length == 0)
            throw ApiException.BadRequest("resourceVersionMatch is forbidden unless resourceVersion is provided");
        var selection = Selection.Parse(query["labelSelector"], query["fieldSelector"]);
        var (after, revision) = ContinueToken.Parse(query["continue"]);
        var (all, current) = store.List(request.Kind!, request.Namespace);
        // A later page shows the same moment as the first one.
        if (revision is { } moment) (all, current) = (store.ListAt(request.Kind!, request.Namespace, moment), moment);
        var chosen = all.Where(item => selection.Matches(item) && (after is null || string.CompareOrdinal(KeyOf(item), after) > 0)).ToList();
        var limit = int.TryParse(query["limit"], NumberStyles.None, CultureInfo.InvariantCulture, out var asked) && asked > 0 ? asked : int.MaxValue;
        var page = chosen.Count > limit ? chosen.GetRange(0, limit) : chosen;
        var metadata = new JsonObject { ["resourceVersion"] = current.ToString(CultureInfo.InvariantCulture) };
        if (page.Count < chosen.Count)
        {
            metadata["continue"] = ContinueToken.Format(KeyOf(page[^1]), current);
            // The real one leaves it out for selections, too: it does not know.
            if (string.IsNullOrEmpty(query["labelSelector"]) && string.IsNullOrEmpty(query["fieldSelector"]))
                metadata["remainingItemCount"] = chosen.Count - page.Count;
        }

        if (TableRenderer.IsWanted(context.Request))
        {
            var table = TableRenderer.Render(request.Kind!, page, current, store.Timestamp(), context.Request);
            table["metadata"] = metadata;
            return context.Response.WriteJsonAsync(table);
        }

        // https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches
        if (context.Request.Headers.Accept.ToString().Contains("as=PartialObjectMetadataList", StringComparison.Ordinal))
        {
            return context.Response.WriteJsonAsync(new JsonObject
            {
                ["kind"] = "PartialObjectMetadataList",
                ["apiVersion"] = "meta.k8s.io/v1",
                ["metadata"] = metadata,
                ["items"] = page.Select(item => new JsonObject { ["metadata"] = item.Read()["metadata"]!.DeepClone() }).ToJsonArray(),
            });
        }

        return context.Response.WriteJsonAsync(new JsonObject
        {
            ["kind"] = request.Kind!.Kind + "List",
            ["apiVersion"] = request.Kind.GroupVersion,
            ["metadata"] = metadata,
            ["items"] = page.Select(WithoutType).ToJsonArray(),
        });
    }

    private async Task CreateAsync(HttpContext context, RequestInfo request)
    {
        if (request.Name is not null) throw ApiException.MethodNotAllowed();
        var content = (await context.Request.ReadJsonAsync()).AsObject();
        var warnings = new List<string>();
        var created = admission.Create(request.Kind!, request.Namespace, content, warnings);
        // RFC 7234, 5.5: kubectl prints them.
        foreach (var warning in warnings) context.Response.Headers.Append("Warning", $"299 - \"{warning.Replace("\"", "\\\"", StringComparison.Ordinal)}\"");
        await context.Response.WriteJsonAsync(created.Json, 201);
    }

    private async Task ChangeAsync(HttpContext context, RequestInfo request)
    {
        var change = await ReadChangeAsync(context.Request, request.Verb);
        var changed = store.Update(request.Kind!, request.Namespace ?? "", request.Name!, current =>
        {
            var status = current["status"]?.DeepClone();
            var spec = current["spec"]?.DeepClone();
            var after = change(current).AsObject();
            // Of an object its status is out of reach, of the status everything else: as the subresource separates them.
            var (key, kept) = request.Subresource == "status" ? ("spec", spec) : ("status", status);
            if (kept is null) after.Remove(key);
            else after[key] = kept;
            return after;
        });
        await context.Response.WriteJsonAsync(changed.Json);
    }

    private async Task ScaleAsync(HttpContext context, RequestInfo request)
    {
        var (kind, ns, name) = (request.Kind!, request.Namespace ?? "", request.Name!);
        var found = store.Get(kind, ns, name);
        if (request.Verb is "patch" or "update")
        {
            var change = await ReadChangeAsync(context.Request, request.Verb);
            found = store.Update(kind, ns, name, current =>
            {
                var replicas = change(Scale.Of(current)).Number("spec", "replicas")
                    ?? throw ApiException.Invalid(kind, name, "spec.replicas", "Required value");
                if (replicas < 0) throw ApiException.Invalid(kind, name, "spec.replicas", "must be greater than or equal to 0");
                current.Child("spec")["replicas"] = replicas;
                return current;
            });
        }
        else if (request.Verb != "get")
        {
            throw ApiException.MethodNotAllowed();
        }

        await context.Response.WriteJsonAsync(Scale.Of(found.Read()));
    }

    private async Task DeleteAsync(HttpContext context, RequestInfo request)
    {
        var options = await DeletionOptions.ReadAsync(context.Request);
        var (last, isGone) = deletion.Delete(request.Kind!, request.Namespace ?? "", request.Name!, options);
        if (!isGone || request.Kind!.ReturnsDeleted)
        {
            await context.Response.WriteJsonAsync(last.Json);
            return;
        }

        await context.Response.WriteJsonAsync(new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Success",
            ["details"] = new JsonObject
            {
                ["name"] = last.Name,
                ["group"] = request.Kind!.Group,
                ["kind"] = request.Kind.Plural,
                ["uid"] = last.Uid,
            },
        });
    }

    private async Task DeleteCollectionAsync(HttpContext context, RequestInfo request)
    {
        var options = await DeletionOptions.ReadAsync(context.Request);
        var selection = Selection.Parse(context.Request.Query["labelSelector"], context.Request.Query["fieldSelector"]);
        var (all, revision) = store.List(request.Kind!, request.Namespace);
        var deleted = all.Where(selection.Matches).Select(item => deletion.Delete(item.Kind, item.Namespace, item.Name, options).Last).ToArray();
        await context.Response.WriteJsonAsync(new JsonObject
        {
            ["kind"] = request.Kind!.Kind + "List",
            ["apiVersion"] = request.Kind.GroupVersion,
            ["metadata"] = new JsonObject { ["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture) },
            ["items"] = deleted.Select(WithoutType).ToJsonArray(),
        });
    }

    private static async Task ReviewAsync(HttpContext context, Func<Access, bool> isAllowed)
    {
        var review = (await context.Request.ReadJsonAsync()).AsObject();
        var attributes = review.At("spec", "resourceAttributes");
        var resource = attributes.Text("resource") ?? "";
        if (attributes.Text("subresource") is { Length: > 0 } subresource) resource += "/" + subresource;
        // Paths that are no resource (/version …) are open to everybody.
        var allowed = attributes is null || isAllowed(new Access(attributes.Text("verb") ?? "", resource, attributes.Text("namespace") ?? ""));
        review["status"] = new JsonObject { ["allowed"] = allowed };
        await context.Response.WriteJsonAsync(review, 201);
    }

    private static async Task<Func<JsonObject, JsonNode>> ReadChangeAsync(HttpRequest request, string verb)
    {
        var body = await request.ReadJsonAsync();
        if (verb == "update") return _ => body.DeepClone();
        return request.ContentType?.Split(';')[0].Trim() switch
        {
            "application/json-patch+json" => current => JsonPatch.Apply(current, body.AsArray()),
            "application/merge-patch+json" => current => MergePatch.Apply(current, body),
            "application/strategic-merge-patch+json" => current => StrategicMergePatch.Apply(current, body.AsObject()),
            var other => throw ApiException.UnsupportedMediaType(other),
        };
    }

    private static JsonObject WithoutType(StoredObject item)
    {
        var content = item.Read();
        content.Remove("kind");
        content.Remove("apiVersion");
        return content;
    }

    private static string KeyOf(StoredObject item) => $"{item.Namespace}/{item.Name}";
}

/// <summary>Where a paged list goes on: the last key of the page before and the revision of the first page.</summary>
internal static class ContinueToken
{
    public static string Format(string lastKey, long revision) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes($"{revision.ToString(CultureInfo.InvariantCulture)} {lastKey}"));

    /// <exception cref="ApiException">400.</exception>
    public static (string? After, long? Revision) Parse(string? token)
    {
        if (string.IsNullOrEmpty(token)) return (null, null);
        var bytes = new byte[token.Length];
        if (Convert.TryFromBase64String(token, bytes, out var length)
            && Encoding.UTF8.GetString(bytes, 0, length).Split(' ', 2) is [var revision, var key]
            && long.TryParse(revision, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return (key, number);
        throw ApiException.BadRequest("continue key is not valid");
    }
}
