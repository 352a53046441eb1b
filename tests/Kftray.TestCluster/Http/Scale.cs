using System.Text.Json.Nodes;
using Kftray.Testing.Store;

namespace Kftray.Testing.Http;

/// <summary>The <c>scale</c> subresource as a view of a deployment.</summary>
internal static class Scale
{
    public static JsonObject Of(JsonObject deployment)
    {
        var labels = deployment.StringMap("spec", "selector", "matchLabels") ?? new Dictionary<string, string>();
        var metadata = deployment.Metadata();
        return new JsonObject
        {
            ["kind"] = "Scale",
            ["apiVersion"] = "autoscaling/v1",
            ["metadata"] = new JsonObject(((string[])["name", "namespace", "uid", "resourceVersion", "creationTimestamp"])
                .Select(key => KeyValuePair.Create(key, metadata[key]?.DeepClone()))),
            ["spec"] = new JsonObject { ["replicas"] = deployment.Number("spec", "replicas") ?? 1 },
            ["status"] = new JsonObject
            {
                ["replicas"] = deployment.Number("status", "replicas") ?? 0,
                ["selector"] = string.Join(',', labels.Select(pair => $"{pair.Key}={pair.Value}")),
            },
        };
    }
}
