using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kftray.Relay;

namespace Kftray.Sidecar.Relay;

/// <summary>
/// The Job that runs a relay: removed by the cluster when it has ended, never started twice, and allowed nothing that the Pod Security Standard
/// "restricted" forbids (https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted).
/// </summary>
internal static class RelayManifest
{
    /// <summary>Where the relay takes connections inside its pod, whatever the target's port is: anybody may open it.</summary>
    public const int LocalPort = 40786;

    private const int SecondsAfterEnd = 60;
    private const int LifetimeOfOthersSeconds = 12 * 60 * 60;
    private const int TerminationSeconds = 5;

    /// <param name="name">Of the job.</param>
    /// <returns>JSON.</returns>
    public static byte[] Build(RelayRequest request, RelayOwner owner, string name)
    {
        var spec = request.Spec;
        var labels = new SortedDictionary<string, string>(Strings(spec.Labels), StringComparer.Ordinal);
        foreach (var (key, value) in Labels(request, owner))
            labels[key] = value;
        var annotations = new SortedDictionary<string, string>(Strings(spec.Annotations), StringComparer.Ordinal) { [RelayLabels.Title] = request.Title };
        var job = new JobManifest(
            "batch/v1", "Job",
            new(name, request.Namespace, labels, annotations),
            new(
                BackoffLimit: 0,
                TtlSecondsAfterFinished: SecondsAfterEnd,
                ActiveDeadlineSeconds: RelayImage.EndsWhenIdle(request.Image) ? null : LifetimeOfOthersSeconds,
                new(
                    new(null, null, new SortedDictionary<string, string>(labels, StringComparer.Ordinal) { [RelayLabels.Relay] = name }, annotations),
                    new(
                        RestartPolicy: "Never",
                        AutomountServiceAccountToken: false,
                        EnableServiceLinks: false,
                        TerminationSeconds,
                        new(RunAsNonRoot: true, new("RuntimeDefault")),
                        [Container(request)],
                        Json(spec.Tolerations), Json(spec.NodeSelector), Json(spec.ImagePullSecrets)))));
        return JsonSerializer.SerializeToUtf8Bytes(job, RelayJson.Default.JobManifest);
    }

    /// <summary>A patch that makes a job of an earlier process this one's, unless somebody was quicker.</summary>
    public static byte[] Adopt(RelayRequest request, RelayOwner owner, string resourceVersion) => JsonSerializer.SerializeToUtf8Bytes(
        new AdoptPatch(new(resourceVersion, new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [RelayLabels.Process] = owner.Process,
            [RelayLabels.Workspace] = request.Workspace,
        })),
        RelayJson.Default.AdoptPatch);

    private static Dictionary<string, string> Labels(RelayRequest request, RelayOwner owner) => new()
    {
        [RelayLabels.ManagedBy] = RelayLabels.ManagedByValue,
        [RelayLabels.Name] = RelayLabels.NameValue,
        [RelayLabels.Version] = Product.Version,
        [RelayLabels.Owner] = owner.Id,
        [RelayLabels.Workspace] = request.Workspace,
        [RelayLabels.Process] = owner.Process,
        [RelayLabels.Target] = request.TargetHash,
    };

    private static ContainerManifest Container(RelayRequest request) => new(
        "relay",
        request.Image,
        [
            new("LOCAL_PORT", Text(LocalPort)),
            // Port-forward dials localhost inside the pod: its owner reaches the relay, and no other pod does.
            new("LISTEN_ADDRESS", "127.0.0.1"),
            new("CONTROL_PORT", Text(RelayProtocol.DefaultControlPort)),
            new("REMOTE_ADDRESS", request.Destination.Host),
            new("REMOTE_PORT", Text(request.Destination.Port)),
            new("PROXY_TYPE", request.Protocol.ToString().ToLowerInvariant()),
            new("IDLE_EXIT_SECONDS", Text((int)request.Spec.IdleExit.TotalSeconds)),
        ],
        Json(request.Spec.Resources) ?? Json("""{"requests":{"cpu":"10m","memory":"16Mi"},"limits":{"cpu":"1","memory":"128Mi"}}""")!.Value,
        new(AllowPrivilegeEscalation: false, ReadOnlyRootFilesystem: true, RunAsNonRoot: true, new(["ALL"])));

    private static Dictionary<string, string> Strings(string? json) =>
        json is null ? [] : JsonSerializer.Deserialize(json, RelayJson.Default.DictionaryStringString) ?? [];

    private static JsonElement? Json(string? json) => json is null ? null : JsonSerializer.Deserialize(json, RelayJson.Default.JsonElement);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

internal sealed record JobManifest(string ApiVersion, string Kind, MetadataManifest Metadata, JobSpecManifest Spec);

internal sealed record MetadataManifest(
    string? Name, string? Namespace, SortedDictionary<string, string> Labels, SortedDictionary<string, string> Annotations);

internal sealed record JobSpecManifest(int BackoffLimit, int TtlSecondsAfterFinished, int? ActiveDeadlineSeconds, TemplateManifest Template);

internal sealed record TemplateManifest(MetadataManifest Metadata, PodSpecManifest Spec);

internal sealed record PodSpecManifest(
    string RestartPolicy,
    bool AutomountServiceAccountToken,
    bool EnableServiceLinks,
    int TerminationGracePeriodSeconds,
    PodSecurityManifest SecurityContext,
    ContainerManifest[] Containers,
    JsonElement? Tolerations,
    JsonElement? NodeSelector,
    JsonElement? ImagePullSecrets);

internal sealed record PodSecurityManifest(bool RunAsNonRoot, SeccompManifest SeccompProfile);

internal sealed record SeccompManifest(string Type);

internal sealed record ContainerManifest(
    string Name, string Image, EnvManifest[] Env, JsonElement Resources, ContainerSecurityManifest SecurityContext);

internal sealed record EnvManifest(string Name, string Value);

internal sealed record ContainerSecurityManifest(
    bool AllowPrivilegeEscalation, bool ReadOnlyRootFilesystem, bool RunAsNonRoot, CapabilitiesManifest Capabilities);

internal sealed record CapabilitiesManifest(string[] Drop);

internal sealed record AdoptPatch(AdoptMetadata Metadata);

internal sealed record AdoptMetadata(string ResourceVersion, SortedDictionary<string, string> Labels);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JobManifest))]
[JsonSerializable(typeof(AdoptPatch))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class RelayJson : JsonSerializerContext;
