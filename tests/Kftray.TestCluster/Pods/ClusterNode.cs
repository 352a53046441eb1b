using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Kftray.Testing.Store;

namespace Kftray.Testing.Pods;

/// <summary>A taint of the node.</summary>
/// <param name="Effect">NoSchedule or NoExecute; both keep new pods away here, and no pod is evicted.</param>
public sealed record NodeTaint(string Key, string Value = "", string Effect = "NoSchedule");

/// <summary>What the node is like, for the scheduler.</summary>
public sealed record NodeState
{
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>
    {
        ["kubernetes.io/hostname"] = ClusterNode.Name,
        ["kubernetes.io/os"] = "linux",
        ["kubernetes.io/arch"] = "amd64",
    };

    public ImmutableArray<NodeTaint> Taints { get; init; } = [];

    /// <summary>As <c>kubectl cordon</c> leaves it.</summary>
    public bool IsCordoned { get; init; }
}

/// <summary>The cluster's one node, and the scheduler's question whether it takes a pod. Pods that it does not take wait.</summary>
public sealed class ClusterNode
{
    internal const string Name = "node-1";

    private volatile NodeState _state = new();

    internal ClusterNode()
    {
    }

    public NodeState State
    {
        get => _state;
        set
        {
            _state = value;
            Changed.Set();
        }
    }

    internal Signal Changed { get; } = new();

    /// <summary>Why the pod cannot run here, in the scheduler's words; null when it can.</summary>
    internal string? WhyNot(JsonObject pod)
    {
        var state = _state;
        var reason = state.IsCordoned ? "node(s) were unschedulable"
            : state.Taints.Where(taint => !IsTolerated(pod, taint)).Select(taint => $"node(s) had untolerated taint {{{taint.Key}: {taint.Value}}}").FirstOrDefault()
            ?? (IsSelected(pod, state) ? null : "node(s) didn't match Pod's node affinity/selector");
        return reason is null ? null : $"0/1 nodes are available: 1 {reason}. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";
    }

    private static bool IsSelected(JsonObject pod, NodeState state) =>
        (pod.StringMap("spec", "nodeSelector") ?? new Dictionary<string, string>()).All(label => state.Labels.TryGetValue(label.Key, out var value) && value == label.Value);

    // https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
    private static bool IsTolerated(JsonObject pod, NodeTaint taint) => pod.Items("spec", "tolerations").Any(toleration =>
        (string.IsNullOrEmpty(toleration.Text("effect")) || toleration.Text("effect") == taint.Effect)
        && (toleration.Text("operator") == "Exists"
            ? string.IsNullOrEmpty(toleration.Text("key")) || toleration.Text("key") == taint.Key
            : toleration.Text("key") == taint.Key && (toleration.Text("value") ?? "") == taint.Value));
}
