using System.Text.Json.Nodes;
using Kftray.Testing.Store;

namespace Kftray.Testing.Http;

/// <summary>
/// Kubernetes' own patch: objects merge, and lists of objects merge by a key that depends on the field. Directives: <c>$patch</c>
/// (delete, replace, merge) and <c>$deleteFromPrimitiveList</c>; the orders kubectl sends along change nothing here.
/// https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
/// </summary>
internal static class StrategicMergePatch
{
    private const string DeleteFromList = "$deleteFromPrimitiveList/";

    public static JsonObject Apply(JsonObject target, JsonObject patch)
    {
        if (patch.Text("$patch") == "replace")
        {
            var replacement = (JsonObject)patch.DeepClone();
            replacement.Remove("$patch");
            return replacement;
        }

        foreach (var (key, value) in patch)
        {
            if (key.StartsWith(DeleteFromList, StringComparison.Ordinal)) RemoveValues(target, key[DeleteFromList.Length..], value as JsonArray);
            if (key.StartsWith('$')) continue;
            if (value is null || (value is JsonObject inner && inner.Text("$patch") == "delete")) target.Remove(key);
            else if (value is JsonObject changes) target[key] = Detached(Apply(target[key] as JsonObject ?? [], changes));
            else if (value is JsonArray items && MergeKeys(key) is { Length: > 0 } keys) target[key] = MergeLists(target[key] as JsonArray, items, keys);
            else if (value is JsonArray added && key == "finalizers") target[key] = Union(target[key] as JsonArray, added);
            else target[key] = value.DeepClone();
        }

        return target;
    }

    // The merge keys of the kinds that are served here (patchMergeKey in k8s.io/api); other lists are replaced.
    private static string[] MergeKeys(string field) => field switch
    {
        "containers" or "initContainers" or "ephemeralContainers" or "env" or "volumes" or "imagePullSecrets" => ["name"],
        "ports" => ["containerPort", "port"],
        "conditions" => ["type"],
        "ownerReferences" => ["uid"],
        "volumeMounts" => ["mountPath"],
        "hostAliases" or "podIPs" => ["ip"],
        _ => [],
    };

    private static JsonArray MergeLists(JsonArray? target, JsonArray patch, string[] keys)
    {
        if (patch.OfType<JsonObject>().Any(item => item.Text("$patch") == "replace"))
            return patch.OfType<JsonObject>().Where(item => item["$patch"] is null).Select(item => (JsonNode)item.DeepClone()).ToJsonArray();
        var merged = target?.Select(item => item?.DeepClone()).ToList() ?? [];
        foreach (var item in patch)
        {
            var key = item is JsonObject ? keys.FirstOrDefault(candidate => item[candidate] is not null) : null;
            var at = key is null ? -1 : merged.FindIndex(existing => existing is JsonObject && JsonNode.DeepEquals(existing[key], item![key]));
            if (item.Text("$patch") == "delete")
            {
                if (at >= 0) merged.RemoveAt(at);
            }
            else if (at >= 0)
            {
                merged[at] = Apply((JsonObject)merged[at]!, (JsonObject)item!);
            }
            else
            {
                merged.Add(item?.DeepClone());
            }
        }

        return merged.ToJsonArray();
    }

    private static void RemoveValues(JsonObject target, string key, JsonArray? values)
    {
        if (target[key] is JsonArray items)
            target[key] = items.Where(item => values?.Any(value => JsonNode.DeepEquals(value, item)) != true).Select(item => item?.DeepClone()).ToJsonArray();
    }

    private static JsonArray Union(JsonArray? target, JsonArray added) =>
        (target ?? []).Concat(added.Where(item => target?.Any(existing => JsonNode.DeepEquals(existing, item)) != true))
            .Select(item => item?.DeepClone()).ToJsonArray();

    // Apply works in place; a node that has a parent cannot be assigned again.
    private static JsonNode Detached(JsonObject node) => node.Parent is null ? node : node.DeepClone();
}
