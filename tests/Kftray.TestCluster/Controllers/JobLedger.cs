namespace Kftray.Testing.Controllers;

/// <summary>
/// How a job's pods ended, also of those that are gone from the API. The real controller keeps pods by a finalizer until it has counted
/// them; here the controller sees every change, so remembering is enough.
/// </summary>
internal sealed class JobLedger
{
    private readonly HashSet<string> _alive = [];
    private readonly HashSet<string> _succeeded = [];
    private readonly HashSet<string> _failed = [];

    public int Succeeded => _succeeded.Count;

    public int Failed => _failed.Count;

    /// <summary>When the last failure was counted.</summary>
    public DateTimeOffset LastFailure { get; private set; }

    /// <summary>How often in a row a pod could not be made, and when it was tried.</summary>
    public (int Count, DateTimeOffset At) Refusals { get; set; }

    /// <summary>
    /// Counts. A pod that is being deleted without having succeeded has failed, as has one that vanished.
    /// https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-replacement-policy
    /// </summary>
    public void Observe(IReadOnlyCollection<PodView> pods, DateTimeOffset now)
    {
        var failures = Failed;
        foreach (var pod in pods)
        {
            if (pod.HasSucceeded) _succeeded.Add(pod.Stored.Uid);
            else if (pod.IsFinished || pod.IsTerminating) _failed.Add(pod.Stored.Uid);
            else _alive.Add(pod.Stored.Uid);
        }

        _failed.UnionWith(_alive.Except(pods.Select(pod => pod.Stored.Uid)).Except(_succeeded));
        _failed.ExceptWith(_succeeded);
        if (Failed > failures) LastFailure = now;
    }
}
