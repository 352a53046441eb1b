using System.Text.Json.Nodes;
using Kftray.Testing.Store;

namespace Kftray.Testing.Pods;

/// <summary>A container's state as the API tells it.</summary>
internal static class ContainerState
{
    public static JsonObject Running(string since) => new() { ["running"] = new JsonObject { ["startedAt"] = since } };

    public static JsonObject Waiting(string reason, string? message = null)
    {
        var waiting = new JsonObject { ["reason"] = reason };
        if (message is not null) waiting["message"] = message;
        return new JsonObject { ["waiting"] = waiting };
    }

    public static JsonObject CrashLoop() => Waiting("CrashLoopBackOff", "back-off restarting failed container");

    public static JsonObject Terminated(ContainerExit exit, string startedAt, string finishedAt)
    {
        var terminated = new JsonObject { ["exitCode"] = exit.Code, ["reason"] = exit.Reason, ["startedAt"] = startedAt, ["finishedAt"] = finishedAt };
        if (exit.Message is not null) terminated["message"] = exit.Message;
        return new JsonObject { ["terminated"] = terminated };
    }
}

/// <summary>What the kubelet has to say about a pod at one moment.</summary>
/// <param name="Phase">Pending, Running, Succeeded or Failed.</param>
/// <param name="State">Of the containers: <see cref="ContainerState"/>.</param>
/// <param name="OnlyContainer">The state is that of this container alone, and the others run; null: of all.</param>
internal sealed record PodReport(string Phase, bool IsReady, int Restarts, JsonObject State, string? OnlyContainer = null);

/// <summary>What the kubelet writes about a pod.</summary>
internal static class PodStatus
{
    public static JsonObject Write(JsonObject pod, TestPod running, string runtime, string now, PodReport report)
    {
        var status = pod.Child("status");
        var previous = status.Items("conditions").FirstOrDefault(condition => condition.Text("type") == "Ready");
        status["phase"] = report.Phase;
        status["hostIP"] = "127.0.0.1";
        if (report.Phase != "Pending")
        {
            status["podIP"] = running.Ip.ToString();
            status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = running.Ip.ToString() });
        }

        status["startTime"] ??= now;
        var changedAt = previous?.Text("status") == Text(report.IsReady) ? previous.Text("lastTransitionTime") ?? now : now;
        var unready = report.Phase switch
        {
            "Succeeded" => ("PodCompleted", null),
            "Failed" => ("PodFailed", null),
            _ => ("ContainersNotReady", (string?)"containers with unready status"),
        };
        status["conditions"] = new JsonArray(
            Condition("PodScheduled", true, status.Text("startTime")!, default),
            Condition("Initialized", true, status.Text("startTime")!, default),
            Condition("ContainersReady", report.IsReady, changedAt, unready),
            Condition("Ready", report.IsReady, changedAt, unready));
        status["containerStatuses"] = pod.Items("spec", "containers").Select(container => ContainerOf(container, running, runtime, now, report)).ToJsonArray();
        return pod;
    }

    /// <summary>No node takes the pod.</summary>
    public static JsonObject WriteUnschedulable(JsonObject pod, string message, string now)
    {
        pod.Child("status")["conditions"] = new JsonArray(Condition("PodScheduled", false, now, ("Unschedulable", message)));
        return pod;
    }

    private static JsonObject ContainerOf(JsonObject container, TestPod running, string runtime, string now, PodReport report)
    {
        var name = container.Text("name");
        var isReported = report.OnlyContainer is null || report.OnlyContainer == name;
        var state = isReported ? (JsonObject)report.State.DeepClone() : ContainerState.Running(now);
        var isRunning = state.ContainsKey("running");
        var status = new JsonObject
        {
            ["name"] = name,
            ["image"] = container.Text("image"),
            ["imageID"] = "",
            ["ready"] = isReported ? report.IsReady : isRunning,
            ["started"] = isRunning,
            ["restartCount"] = isReported ? report.Restarts : 0,
            ["state"] = state,
            ["lastState"] = new JsonObject(),
        };
        if (report.Phase != "Pending") status["containerID"] = $"{runtime}://{running.ContainerId}";
        return status;
    }

    private static JsonObject Condition(string type, bool isTrue, string since, (string Reason, string? Message) whenFalse)
    {
        var condition = new JsonObject
        {
            ["type"] = type,
            ["status"] = Text(isTrue),
            ["lastProbeTime"] = null,
            ["lastTransitionTime"] = since,
        };
        if (isTrue) return condition;
        condition["reason"] = whenFalse.Reason;
        if (whenFalse.Message is not null) condition["message"] = whenFalse.Message;
        return condition;
    }

    private static string Text(bool value) => value ? "True" : "False";
}
