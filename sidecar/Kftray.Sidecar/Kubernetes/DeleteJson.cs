using System.Text.Json.Serialization;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/delete-options/</summary>
internal sealed record DeleteOptions(string ApiVersion, string Kind, string PropagationPolicy, DeletePreconditions Preconditions);

internal sealed record DeletePreconditions(string Uid);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DeleteOptions))]
internal sealed partial class DeleteJson : JsonSerializerContext;
