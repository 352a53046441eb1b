using System.Text.Json.Nodes;
using Kftray.Testing.Store;

namespace Kftray.Testing.Controllers;

/// <summary>What the controllers want to know of a pod.</summary>
internal sealed class PodView(StoredObject stored)
{
    private readonly JsonObject _content = stored.Read();

    public StoredObject Stored => stored;

    public string Name => stored.Name;

    public string? Ip => _content.Text("status", "podIP");

    public bool IsReady => _content.Items("status", "conditions").Any(c => c.Text("type") == "Ready" && c.Text("status") == "True");

    public bool IsTerminating => stored.IsTerminating;

    public bool IsFinished => _content.Text("status", "phase") is "Succeeded" or "Failed";

    public bool HasSucceeded => _content.Text("status", "phase") == "Succeeded";

    public int TerminationGraceSeconds => _content.Number("spec", "terminationGracePeriodSeconds") ?? 30;

    public string? NodeName => _content.Text("spec", "nodeName");

    /// <summary>The uid of the controller that made it.</summary>
    public string? OwnerUid => stored.OwnerUids.Count > 0 ? stored.OwnerUids[0] : null;

    /// <summary>The number behind a service's <c>targetPort</c>; null when no container has a port of that name.</summary>
    public int? ResolvePort(JsonNode? targetPort, string protocol) => targetPort is JsonValue value && value.TryGetValue(out int number)
        ? number
        : _content.Items("spec", "containers").SelectMany(container => container.Items("ports"))
            .FirstOrDefault(port => port.Text("name") == targetPort.Text() && (port.Text("protocol") ?? "TCP") == protocol)
            .Number("containerPort");

    public static IEnumerable<PodView> Select(ObjectStore store, string @namespace, IReadOnlyDictionary<string, string> labels)
    {
        var requirements = LabelRequirement.FromMatchLabels(labels);
        return store.List(ResourceKinds.Pods, @namespace).Items
            .Where(pod => requirements.All(requirement => requirement.IsMetBy(pod.Labels)))
            .Select(pod => new PodView(pod));
    }
}
