using System.Text.Json;
using System.Text.Json.Serialization;
using k8s.Models;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>What is read from API servers, with the models of KubernetesClient and a serializer that needs no reflection.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(V1PodList))]
[JsonSerializable(typeof(V1ServiceList))]
[JsonSerializable(typeof(V1EndpointSliceList))]
[JsonSerializable(typeof(V1NamespaceList))]
[JsonSerializable(typeof(V1Status))]
[JsonSerializable(typeof(WatchEvent))]
[JsonSerializable(typeof(MetadataList))]
internal sealed partial class KubernetesJson : JsonSerializerContext;

/// <summary>One line of a watch. https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes</summary>
internal sealed class WatchEvent
{
    /// <summary><c>ADDED</c>, <c>MODIFIED</c>, <c>DELETED</c>, <c>BOOKMARK</c> or <c>ERROR</c>.</summary>
    [JsonPropertyName("type")]
    public string Type { get; set; } = "";

    [JsonPropertyName("object")]
    public JsonElement Object { get; set; }
}

/// <summary>A list of objects of which only the metadata are read. https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches</summary>
internal sealed class MetadataList
{
    [JsonPropertyName("items")]
    public IReadOnlyList<MetadataItem> Items { get; set; } = [];
}

internal sealed class MetadataItem
{
    [JsonPropertyName("metadata")]
    public V1ObjectMeta Metadata { get; set; } = new();
}
