using System.Text.Json.Nodes;
using Kftray.Testing.Store;

namespace Kftray.Testing.Controllers;

/// <summary>Why a job is over, as its conditions say it.</summary>
internal sealed record JobEnd(bool IsSuccess, string Reason, string Message)
{
    public static readonly JobEnd Completed = new(true, "CompletionsReached", "Reached expected number of succeeded pods");

    public static readonly JobEnd BackoffLimit = new(false, "BackoffLimitExceeded", "Job has reached the specified backoff limit");

    public static readonly JobEnd Deadline = new(false, "DeadlineExceeded", "Job was active longer than specified deadline");
}

/// <summary>What the job controller writes about a job, and reads from it again.</summary>
internal static class JobStatus
{
    /// <summary>The time at which the job was over; null before.</summary>
    public static string? FinishedAt(JsonObject job) => ConditionOf(job, "Complete", "Failed").Text("lastTransitionTime");

    /// <param name="end">Null while it goes on.</param>
    public static JsonObject Write(JsonObject job, JobLedger ledger, IReadOnlyCollection<PodView> pods, JobEnd? end, string now)
    {
        var status = job.Child("status");
        var live = pods.Where(pod => !pod.IsFinished).ToArray();
        status["startTime"] ??= now;
        status["active"] = live.Count(pod => !pod.IsTerminating);
        status["ready"] = live.Count(pod => pod.IsReady && !pod.IsTerminating);
        status["terminating"] = live.Count(pod => pod.IsTerminating);
        status["succeeded"] = ledger.Succeeded;
        status["failed"] = ledger.Failed;
        status["uncountedTerminatedPods"] = new JsonObject();
        // The API leaves zeros out; only these two are there always.
        foreach (var counter in (string[])["active", "succeeded", "failed"])
        {
            if (status.Number(counter) == 0) status.Remove(counter);
        }

        if (end is null) return job;
        AddCondition(status, end.IsSuccess ? "SuccessCriteriaMet" : "FailureTarget", end, now);
        // The last word comes when the last pod has ended.
        if (live.Length > 0) return job;
        AddCondition(status, end.IsSuccess ? "Complete" : "Failed", end, now);
        if (end.IsSuccess) status["completionTime"] ??= now;
        return job;
    }

    /// <summary>The decision that the job is over, while its last pods may still end; null before.</summary>
    public static JobEnd? EndOf(JsonObject job) => ConditionOf(job, "SuccessCriteriaMet", "FailureTarget") is { } condition
        ? new JobEnd(condition.Text("type") == "SuccessCriteriaMet", condition.Text("reason")!, condition.Text("message")!)
        : null;

    private static JsonObject? ConditionOf(JsonObject job, params ReadOnlySpan<string> types)
    {
        foreach (var condition in job.Items("status", "conditions"))
        {
            if (types.Contains(condition.Text("type") ?? "")) return condition;
        }

        return null;
    }

    private static void AddCondition(JsonObject status, string type, JobEnd end, string now)
    {
        if (status["conditions"] is not JsonArray conditions) status["conditions"] = conditions = [];
        if (conditions.OfType<JsonObject>().Any(condition => condition.Text("type") == type)) return;
        conditions.Add((JsonNode)new JsonObject
        {
            ["type"] = type,
            ["status"] = "True",
            ["lastProbeTime"] = now,
            ["lastTransitionTime"] = now,
            ["reason"] = end.Reason,
            ["message"] = end.Message,
        });
    }
}
