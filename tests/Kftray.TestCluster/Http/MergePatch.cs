using System.Text.Json.Nodes;

namespace Kftray.Testing.Http;

/// <summary>RFC 7386.</summary>
internal static class MergePatch
{
    public static JsonNode Apply(JsonNode? target, JsonNode patch)
    {
        if (patch is not JsonObject changes) return patch.DeepClone();
        var merged = target as JsonObject ?? [];
        foreach (var (key, value) in changes)
        {
            if (value is null) merged.Remove(key);
            else if (value is JsonObject && merged[key] is JsonObject existing) Apply(existing, value);
            else merged[key] = Apply(null, value);
        }

        return merged;
    }
}
