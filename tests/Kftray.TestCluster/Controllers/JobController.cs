using System.Globalization;
using System.Text.Json.Nodes;
using Kftray.Testing.Store;

namespace Kftray.Testing.Controllers;

/// <summary>
/// Makes a job's pods until enough have succeeded, too many have failed or its time is up, and deletes it some time afterwards.
/// https://kubernetes.io/docs/concepts/workloads/controllers/job/
/// </summary>
internal sealed class JobController(ObjectStore store, ControlledPods controlled, EventRecorder events, Deletion deletion, TimeProvider time) : IController
{
    private const string Component = "job-controller";

    // The real controller's: 10 s doubled with every failure up to 10 min; after a refused creation 1 s up to 1 min.
    private static readonly TimeSpan FailureBackoff = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestFailureBackoff = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan RefusalBackoff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRefusalBackoff = TimeSpan.FromMinutes(1);

    private readonly Dictionary<(string Namespace, string Uid), JobLedger> _ledgers = [];

    public TimeSpan? Reconcile(string @namespace)
    {
        var jobs = store.List(ResourceKinds.Jobs, @namespace).Items;
        foreach (var gone in _ledgers.Keys.Where(key => key.Namespace == @namespace && jobs.All(job => job.Uid != key.Uid)).ToArray()) _ledgers.Remove(gone);
        if (jobs.Count == 0) return null;
        var pods = controlled.ByOwner(@namespace);
        TimeSpan? next = null;
        foreach (var job in jobs.Where(job => !job.IsTerminating)) next = Earlier(next, Reconcile(job, [.. pods[job.Uid]]));
        return next;
    }

    private TimeSpan? Reconcile(StoredObject stored, PodView[] pods)
    {
        var job = stored.Read();
        if (JobStatus.FinishedAt(job) is { } finishedAt) return DeleteWhenDue(stored, job, finishedAt);
        var key = (stored.Namespace, stored.Uid);
        if (!_ledgers.TryGetValue(key, out var ledger)) _ledgers[key] = ledger = new JobLedger();
        var now = time.GetUtcNow();
        var ending = JobStatus.EndOf(job);
        // Pods that we end ourselves once the job is decided are no failures.
        if (ending is null) ledger.Observe(pods, now);

        var deadline = job.Number("spec", "activeDeadlineSeconds") is { } seconds && job.Text("status", "startTime") is { } startedAt
            ? Parse(startedAt).AddSeconds(seconds) - now
            : (TimeSpan?)null;
        var end = ending ?? EndOf(job, ledger, deadline);
        TimeSpan? retry = null;
        if (end is null) retry = CreateMissing(stored, job, pods, ledger, now);
        else foreach (var pod in pods.Where(pod => !pod.IsFinished)) controlled.Delete(pod);

        var written = store.Update(stored.Kind, stored.Namespace, stored.Name, current => JobStatus.Write(current, ledger, pods, end, store.Timestamp())).Read();
        if (JobStatus.FinishedAt(written) is not { } over) return Earlier(end is null ? deadline : null, retry);
        events.Record(stored, !end!.IsSuccess, end.IsSuccess ? "Completed" : end.Reason, end.IsSuccess ? "Job completed" : end.Message, Component);
        _ledgers.Remove(key);
        return DeleteWhenDue(stored, written, over);
    }

    private static JobEnd? EndOf(JsonObject job, JobLedger ledger, TimeSpan? deadline) =>
        ledger.Failed > (job.Number("spec", "backoffLimit") ?? 6) ? JobEnd.BackoffLimit
        : deadline <= TimeSpan.Zero ? JobEnd.Deadline
        : ledger.Succeeded >= (job.Number("spec", "completions") ?? 1) ? JobEnd.Completed
        : null;

    /// <returns>When to try again.</returns>
    private TimeSpan? CreateMissing(StoredObject stored, JsonObject job, PodView[] pods, JobLedger ledger, DateTimeOffset now)
    {
        var active = pods.Count(pod => !pod.IsFinished && !pod.IsTerminating);
        var missing = Math.Min(job.Number("spec", "parallelism") ?? 1, (job.Number("spec", "completions") ?? 1) - ledger.Succeeded) - active;
        if (missing <= 0) return null;
        var wait = Later(
            ledger.Failed == 0 ? TimeSpan.Zero : ledger.LastFailure + Backoff(FailureBackoff, ledger.Failed, LongestFailureBackoff) - now,
            ledger.Refusals.Count == 0 ? TimeSpan.Zero : ledger.Refusals.At + Backoff(RefusalBackoff, ledger.Refusals.Count, LongestRefusalBackoff) - now);
        if (wait > TimeSpan.Zero) return wait;
        for (var i = 0; i < missing; i++)
        {
            if (controlled.TryCreate(stored, job.At("spec", "template") as JsonObject ?? [], stored.Name + "-", Component)) continue;
            ledger.Refusals = (ledger.Refusals.Count + 1, now);
            return Backoff(RefusalBackoff, ledger.Refusals.Count, LongestRefusalBackoff);
        }

        ledger.Refusals = default;
        return null;
    }

    private TimeSpan? DeleteWhenDue(StoredObject stored, JsonObject job, string finishedAt)
    {
        if (job.Number("spec", "ttlSecondsAfterFinished") is not { } seconds) return null;
        var left = Parse(finishedAt).AddSeconds(seconds) - time.GetUtcNow();
        if (left > TimeSpan.Zero) return left;
        deletion.Delete(stored.Kind, stored.Namespace, stored.Name, new DeletionOptions(Uid: stored.Uid));
        return null;
    }

    private static TimeSpan Backoff(TimeSpan first, int count, TimeSpan longest) =>
        TimeSpan.FromSeconds(Math.Min(longest.TotalSeconds, first.TotalSeconds * Math.Pow(2, count - 1)));

    private static DateTimeOffset Parse(string timestamp) => DateTimeOffset.Parse(timestamp, CultureInfo.InvariantCulture);

    private static TimeSpan? Earlier(TimeSpan? one, TimeSpan? other) => one is null || other < one ? other : one;

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
