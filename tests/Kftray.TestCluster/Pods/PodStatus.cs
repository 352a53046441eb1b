using System.Text.Json.Nodes;
using Kftray.Testing.Store;

namespace Kftray.Testing.Pods;

/// <summary>What the kubelet writes about a pod.</summary>
internal static class PodStatus
{
    /// <param name="state">The containers' state: <c>{"running": …}</c> or <c>{"waiting": …}</c>.</param>
    public static JsonObject Write(
        JsonObject pod, TestPod running, string runtime, string now, bool isReady, int restarts, JsonObject state)
    {
        var status = pod.Child("status");
        var previous = status.Items("conditions").FirstOrDefault(condition => condition.Text("type") == "Ready");
        status["phase"] = "Running";
        status["hostIP"] = "127.0.0.1";
        status["podIP"] = running.Ip.ToString();
        status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = running.Ip.ToString() });
        status["startTime"] ??= now;
        var changedAt = previous?.Text("status") == Text(isReady) ? previous.Text("lastTransitionTime") ?? now : now;
        status["conditions"] = new JsonArray(
            Condition("PodScheduled", true, status.Text("startTime")!),
            Condition("Initialized", true, status.Text("startTime")!),
            Condition("ContainersReady", isReady, changedAt),
            Condition("Ready", isReady, changedAt));
        status["containerStatuses"] = pod.Items("spec", "containers").Select(container => new JsonObject
        {
            ["name"] = container.Text("name"),
            ["image"] = container.Text("image"),
            ["imageID"] = "",
            ["ready"] = isReady,
            ["started"] = state.ContainsKey("running"),
            ["restartCount"] = restarts,
            ["state"] = state.DeepClone(),
            ["lastState"] = new JsonObject(),
            ["containerID"] = $"{runtime}://{running.ContainerId}",
        }).ToJsonArray();
        return pod;
    }

    public static JsonObject Running(string since) => new() { ["running"] = new JsonObject { ["startedAt"] = since } };

    public static JsonObject CrashLoop() =>
        new() { ["waiting"] = new JsonObject { ["reason"] = "CrashLoopBackOff", ["message"] = "back-off restarting failed container" } };

    private static JsonObject Condition(string type, bool isTrue, string since)
    {
        var condition = new JsonObject
        {
            ["type"] = type,
            ["status"] = Text(isTrue),
            ["lastProbeTime"] = null,
            ["lastTransitionTime"] = since,
        };
        if (!isTrue)
        {
            condition["reason"] = "ContainersNotReady";
            condition["message"] = "containers with unready status";
        }

        return condition;
    }

    private static string Text(bool value) => value ? "True" : "False";
}
