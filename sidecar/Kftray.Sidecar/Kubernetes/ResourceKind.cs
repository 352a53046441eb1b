using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using k8s;
using k8s.Models;
using Kftray.Sidecar.Kubernetes.Examination;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>A kind of object that is read: where it is served, and how it is read.</summary>
/// <param name="isNamespaced">False for kinds that belong to the whole cluster.</param>
internal abstract class ResourceKind<T>(string api, string plural, bool isNamespaced = true)
    where T : IResource
{
    /// <summary>The word for messages and paths, such as <c>pods</c>.</summary>
    public string Plural => plural;

    /// <param name="ns">Null for all namespaces; of no account for a kind that has none.</param>
    public string Path(string? ns, string? name = null) =>
        (ns is null || !isNamespaced ? $"{api}/{plural}" : $"{api}/namespaces/{Uri.EscapeDataString(ns)}/{plural}")
        + (name is null ? "" : "/" + Uri.EscapeDataString(name));

    public abstract ValueTask<ResourcePage<T>> ReadPageAsync(Stream json, CancellationToken cancellationToken);

    public abstract ValueTask<T> ReadAsync(Stream json, CancellationToken cancellationToken);

    public abstract T Read(JsonElement json);
}

/// <param name="Continue">Where the next page begins; null on the last.</param>
internal sealed record ResourcePage<T>(IReadOnlyList<T> Items, string? ResourceVersion, string? Continue);

/// <summary>The kinds that are read.</summary>
internal static class ResourceKinds
{
    public static ResourceKind<PodInfo> Pods { get; } = new Kind<PodInfo, V1Pod, V1PodList>(
        "api/v1", "pods", KubernetesJson.Default.V1Pod, KubernetesJson.Default.V1PodList, ResourceMapping.Map);

    /// <summary>The same pods, with what their owner has to know to mend them.</summary>
    public static ResourceKind<PodStory> PodStories { get; } = new Kind<PodStory, V1Pod, V1PodList>(
        "api/v1", "pods", KubernetesJson.Default.V1Pod, KubernetesJson.Default.V1PodList, PodStory.Map);

    public static ResourceKind<ServiceInfo> Services { get; } = new Kind<ServiceInfo, V1Service, V1ServiceList>(
        "api/v1", "services", KubernetesJson.Default.V1Service, KubernetesJson.Default.V1ServiceList, ResourceMapping.Map);

    public static ResourceKind<EndpointSliceInfo> EndpointSlices { get; } = new Kind<EndpointSliceInfo, V1EndpointSlice, V1EndpointSliceList>(
        "apis/discovery.k8s.io/v1", "endpointslices", KubernetesJson.Default.V1EndpointSlice, KubernetesJson.Default.V1EndpointSliceList,
        ResourceMapping.Map);

    public static ResourceKind<NamespaceInfo> Namespaces { get; } = new Kind<NamespaceInfo, V1Namespace, V1NamespaceList>(
        "api/v1", "namespaces", KubernetesJson.Default.V1Namespace, KubernetesJson.Default.V1NamespaceList, ResourceMapping.Map,
        isNamespaced: false);

    private sealed class Kind<T, TModel, TList>(
        string api, string plural, JsonTypeInfo<TModel> modelInfo, JsonTypeInfo<TList> listInfo, Func<TModel, T> map,
        bool isNamespaced = true)
        : ResourceKind<T>(api, plural, isNamespaced)
        where T : IResource
        where TList : IItems<TModel>, IMetadata<V1ListMeta>
    {
        public override async ValueTask<ResourcePage<T>> ReadPageAsync(Stream json, CancellationToken cancellationToken)
        {
            var list = await JsonSerializer.DeserializeAsync(json, listInfo, cancellationToken) ?? throw new JsonException("null");
            var meta = list.Metadata;
            return new([.. (list.Items ?? []).Select(map)], meta?.ResourceVersion,
                string.IsNullOrEmpty(meta?.ContinueProperty) ? null : meta.ContinueProperty);
        }

        public override async ValueTask<T> ReadAsync(Stream json, CancellationToken cancellationToken) =>
            map(await JsonSerializer.DeserializeAsync(json, modelInfo, cancellationToken) ?? throw new JsonException("null"));

        public override T Read(JsonElement json) => map(json.Deserialize(modelInfo) ?? throw new JsonException("null"));
    }
}
