using System.Globalization;
using System.Text.Json.Nodes;
using Kftray.Testing.Store;

namespace Kftray.Testing.Http;

/// <summary>One column.</summary>
/// <param name="Cell">From the object and the present time.</param>
/// <param name="IsWide">Shown with <c>-o wide</c> only.</param>
internal sealed record TableColumn(string Name, Func<JsonObject, string, JsonNode?> Cell, string Type = "string", bool IsWide = false);

/// <summary>The columns of each kind, as kubectl's users know them.</summary>
internal static class TableColumns
{
    private const string None = "<none>";

    private static readonly TableColumn Name = new("Name", (item, _) => item.Text("metadata", "name"));

    private static readonly TableColumn Age = new("Age", (item, now) => AgeOf(item.Text("metadata", "creationTimestamp"), now));

    public static IReadOnlyList<TableColumn> Of(ResourceKind kind) => kind.Plural switch
    {
        "pods" =>
        [
            Name,
            new("Ready", (pod, _) => $"{ReadyContainers(pod)}/{pod.Items("spec", "containers").Count()}"),
            new("Status", (pod, _) => PodStatus(pod)),
            new("Restarts", (pod, _) => pod.Items("status", "containerStatuses").Sum(status => status.Number("restartCount") ?? 0).ToString(CultureInfo.InvariantCulture)),
            Age,
            new("IP", (pod, _) => pod.Text("status", "podIP") ?? None, IsWide: true),
            new("Node", (pod, _) => pod.Text("spec", "nodeName") ?? None, IsWide: true),
            new("Nominated Node", (_, _) => None, IsWide: true),
            new("Readiness Gates", (_, _) => None, IsWide: true),
        ],
        "services" =>
        [
            Name,
            new("Type", (service, _) => service.Text("spec", "type") ?? "ClusterIP"),
            new("Cluster-IP", (service, _) => service.Text("spec", "clusterIP") ?? None),
            new("External-IP", (service, _) => service.Text("spec", "externalName") ?? None),
            new("Port(s)", (service, _) => Ports(service)),
            Age,
            new("Selector", (service, _) => Join(service.StringMap("spec", "selector")), IsWide: true),
        ],
        "deployments" =>
        [
            Name,
            new("Ready", (item, _) => $"{item.Number("status", "readyReplicas") ?? 0}/{item.Number("spec", "replicas") ?? 1}"),
            new("Up-to-date", (item, _) => item.Number("status", "updatedReplicas") ?? 0, "integer"),
            new("Available", (item, _) => item.Number("status", "availableReplicas") ?? 0, "integer"),
            Age,
            new("Selector", (item, _) => Join(item.StringMap("spec", "selector", "matchLabels")), IsWide: true),
        ],
        "jobs" =>
        [
            Name,
            new("Status", (job, _) => JobStatus(job)),
            new("Completions", (job, _) => $"{job.Number("status", "succeeded") ?? 0}/{job.Number("spec", "completions") ?? 1}"),
            new("Duration", (job, now) => job.Text("status", "startTime") is { } start ? AgeOf(start, job.Text("status", "completionTime") ?? now) : ""),
            Age,
            new("Containers", (job, _) => Containers(job, "name"), IsWide: true),
            new("Images", (job, _) => Containers(job, "image"), IsWide: true),
            new("Selector", (job, _) => Join(job.StringMap("spec", "selector", "matchLabels")), IsWide: true),
        ],
        "resourcequotas" =>
        [
            Name,
            new("Request", (quota, _) => Used(quota, key => !key.StartsWith("limits.", StringComparison.Ordinal))),
            new("Limit", (quota, _) => Used(quota, key => key.StartsWith("limits.", StringComparison.Ordinal))),
            Age,
        ],
        "namespaces" => [Name, new("Status", (item, _) => item.Text("status", "phase")), Age],
        "endpointslices" =>
        [
            Name,
            new("AddressType", (slice, _) => slice.Text("addressType")),
            new("Ports", (slice, _) => Joined(slice.Items("ports").Select(port => port.Text("port") ?? ""))),
            new("Endpoints", (slice, _) => Joined(slice.Items("endpoints").Select(endpoint => endpoint["addresses"]?[0]?.GetValue<string>() ?? ""))),
            Age,
        ],
        _ => [Name, new("Created At", (item, _) => item.Text("metadata", "creationTimestamp"))],
    };

    private static int ReadyContainers(JsonObject pod) =>
        pod.Items("status", "containerStatuses").Count(status => status["ready"]?.GetValue<bool>() == true);

    private static string PodStatus(JsonObject pod)
    {
        if (pod.Text("metadata", "deletionTimestamp") is not null) return "Terminating";
        var waiting = pod.Items("status", "containerStatuses").Select(status => status.Text("state", "waiting", "reason")).FirstOrDefault(r => r is not null);
        return waiting ?? pod.Text("status", "reason") ?? pod.Text("status", "phase") ?? "Unknown";
    }

    private static string JobStatus(JsonObject job)
    {
        if (job.Text("metadata", "deletionTimestamp") is not null) return "Terminating";
        var types = job.Items("status", "conditions").Select(condition => condition.Text("type")).ToHashSet();
        return types.Contains("Complete") ? "Complete"
            : types.Contains("Failed") ? "Failed"
            : types.Contains("FailureTarget") ? "FailureTarget"
            : types.Contains("SuccessCriteriaMet") ? "SuccessCriteriaMet"
            : "Running";
    }

    private static string Used(JsonObject quota, Func<string, bool> isShown) => string.Join(", ", (quota.StringMap("status", "hard") ?? new Dictionary<string, string>())
        .Where(pair => isShown(pair.Key)).OrderBy(pair => pair.Key, StringComparer.Ordinal)
        .Select(pair => $"{pair.Key}: {quota.Text("status", "used", pair.Key) ?? "0"}/{pair.Value}"));

    private static string Containers(JsonObject workload, string field) =>
        Joined(workload.Items("spec", "template", "spec", "containers").Select(container => container.Text(field) ?? ""));

    private static string Ports(JsonObject service) =>
        Joined(service.Items("spec", "ports").Select(port => $"{port.Text("port")}/{port.Text("protocol") ?? "TCP"}"));

    private static string Join(IReadOnlyDictionary<string, string>? map) => Joined((map ?? new Dictionary<string, string>()).Select(pair => $"{pair.Key}={pair.Value}"));

    private static string Joined(IEnumerable<string> values) => string.Join(',', values) is { Length: > 0 } text ? text : None;

    private static string AgeOf(string? since, string now)
    {
        if (since is null) return "<unknown>";
        var age = DateTimeOffset.Parse(now, CultureInfo.InvariantCulture) - DateTimeOffset.Parse(since, CultureInfo.InvariantCulture);
        return age.TotalSeconds < 120 ? $"{(int)age.TotalSeconds}s"
            : age.TotalMinutes < 120 ? $"{(int)age.TotalMinutes}m"
            : age.TotalHours < 48 ? $"{(int)age.TotalHours}h"
            : $"{(int)age.TotalDays}d";
    }
}
