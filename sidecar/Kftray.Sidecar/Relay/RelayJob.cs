using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Kubernetes.Watching;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Relay;

/// <summary>
/// One relay for as long as it is wanted: adopts or creates its job, follows the pod, and replaces it when it is lost. <see cref="RunAsync"/> is
/// its whole life; what it says at each moment is <see cref="Current"/>.
/// </summary>
internal sealed class RelayJob(Cluster cluster, RelayRequest request, RelayStore store, TimeProvider time, ILogger logger)
{
    // While a relay starts, what no watch tells is asked for this often.
    internal static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(2);

    // A pod that was ready and is not any more may be back in a moment.
    internal static readonly TimeSpan UnreadyGrace = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    // After so many signs of life without an answer the relay is replaced.
    private const int MissedBeats = 3;

    private readonly RelayDialer _dialer = new(cluster.Dialer, request.Protocol, time, logger);
    private readonly LatestValue<Resolution?> _state = new(null);
    private Fault? _published;
    private long _started;
    private int _attempt;
    private long _streakBegan;

    /// <summary>Ready with one pod, or why not; null before the first word.</summary>
    public LatestValue<Resolution?>.Version Current => _state.Current;

    /// <summary>Why it works less well than it could.</summary>
    public LatestValue<string?>.Version Warning => _dialer.Warning;

    /// <summary>The job in the cluster; null while there is none.</summary>
    public JobInfo? Job { get; private set; }

    private TimeSpan BeatInterval => TimeSpan.FromSeconds(Math.Min(60, request.Spec.IdleExit.TotalSeconds / 4));

    /// <summary>Ends by cancellation only, and removes the job then.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
                await LiveAsync(stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            if (Job is { } job)
                await store.RemoveAsync(cluster, job);
        }
        finally
        {
            await _dialer.DisposeAsync();
        }
    }

    /// <summary>From the job to its loss.</summary>
    private async Task LiveAsync(CancellationToken stopping)
    {
        var retried = cluster.Retried;
        try
        {
            if (Job is null)
            {
                _started = time.GetTimestamp();
                Job = await store.AcquireAsync(cluster, request, stopping);
            }

            var lost = await FollowAsync(Job, stopping);
            logger.RelayLost(Job.Namespace, Job.Name, lost.Message);
            Publish(new Resolution.Unavailable(lost, WaitingFor.Event));
            await store.RemoveAsync(cluster, Job);
            Job = null;
            await PauseAsync(lost, retried, Backoff, stopping);
        }
        catch (ApiStatusException e)
        {
            await PauseAsync(RefusalOf(e), retried, (attempt, failingFor, chance) => WatchBackoff.Delay(e.Fault.Kind, attempt, failingFor, e.RetryAfter, chance), stopping);
        }
        catch (ForwardException e)
        {
            await PauseAsync(e.Fault, retried, (attempt, failingFor, chance) => WatchBackoff.Delay(e.Fault.Kind, attempt, failingFor, null, chance), stopping);
        }
    }

    /// <returns>Why the relay is lost.</returns>
    private async Task<Fault> FollowAsync(JobInfo job, CancellationToken stopping)
    {
        await using var pods = cluster.Watch(ResourceKinds.Pods, job.Namespace);
        while (true)
        {
            var version = pods.Current;
            var (items, isKnown, _, trouble) = version.Value;
            if (!isKnown && trouble is { } unknown)
            {
                PublishTrouble(WithRole(unknown.Fault));
                await WaitAsync(version.Superseded, LookInterval, stopping);
                continue;
            }

            var pod = items.Values.FirstOrDefault(pod => pod.Labels.GetValueOrDefault(RelayLabels.Relay) == job.Name && pod is { IsTerminating: false });
            if (pod is { IsOver: true })
                return Ended(pod);
            if (pod is { IsReady: true })
            {
                logger.RelayReady(job.Namespace, job.Name, pod.Name, (long)time.GetElapsedTime(_started).TotalMilliseconds);
                return await ServeAsync(pod, pods, stopping);
            }

            if (isKnown)
            {
                if (await RelayStore.FindAsync(cluster, job, stopping) is not { IsTerminating: false } known)
                    return new(FaultKind.RelayFailed, "The relay was removed from the cluster.");
                if (known.IsOver)
                    return new(FaultKind.RelayFailed, $"The relay has ended: {KubernetesFaults.Sentence(known.Problem ?? "complete")}");
                var events = await RelayStore.EventsAsync(cluster, job, pod, stopping);
                PublishTrouble(RelayProgress.Describe(request.Image, pod, events, time.GetElapsedTime(_started)));
            }

            await WaitAsync(version.Superseded, LookInterval, stopping);
        }
    }

    /// <summary>While the pod is ready.</summary>
    /// <returns>Why it is lost.</returns>
    private async Task<Fault> ServeAsync(PodInfo ready, WatchLease<PodInfo> pods, CancellationToken stopping)
    {
        var target = new PodTarget(ready.Namespace, ready.Name, ready.Uid, RelayManifest.LocalPort, _dialer);
        Publish(new Resolution.Ready([target]));
        _published = null;
        var readySince = time.GetTimestamp();
        using var beating = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var beats = BeatAsync(target, beating.Token);
        try
        {
            while (true)
            {
                var version = pods.Current;
                var pod = version.Value.Items.GetValueOrDefault(ready.Name);
                if (pod is null || pod.Uid != ready.Uid || pod.IsTerminating)
                    return new(FaultKind.PodGone, "The relay's pod is gone.");
                if (pod.IsOver)
                    return Ended(pod);
                if (beats.IsCompleted)
                    return RelayFaults.NoAnswer;
                if (pod.IsReady)
                {
                    await Task.WhenAny(version.Superseded, beats, Task.Delay(Timeout.InfiniteTimeSpan, time, beating.Token));
                }
                else
                {
                    await WaitAsync(version.Superseded, UnreadyGrace, stopping);
                    if (!version.Superseded.IsCompleted)
                        return new(FaultKind.NoReadyPod, "The relay's pod is not ready any more.");
                }

                stopping.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            await beating.CancelAsync();
            await beats.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (time.GetElapsedTime(readySince) >= LookInterval)
                _attempt = 0;
            _dialer.Forget(ready.Uid);
        }
    }

    /// <summary>Keeps the relay from ending for want of a client. Returns when it does not answer any more.</summary>
    private async Task BeatAsync(PodTarget target, CancellationToken stopping)
    {
        var missed = 0;
        while (missed < MissedBeats)
        {
            await Task.Delay(BeatInterval, time, stopping);
            missed = await _dialer.BeatAsync(target, stopping) ? 0 : missed + 1;
        }
    }

    private static Fault Ended(PodInfo pod) => new(
        FaultKind.RelayFailed, $"The relay's pod {pod.Name} has ended. {KubernetesFaults.Sentence(pod.ProblemDetail ?? pod.Problem ?? "Its log tells why")}");

    // The server's reasons, with what to do about them.
    private Fault RefusalOf(ApiStatusException e) => e.Fault.Kind switch
    {
        FaultKind.Forbidden when e.IsAboutTheObject => new(FaultKind.RelayFailed, $"The cluster refuses the relay. {e.Fault.Message}",
            "Ask for room or for an exemption, or set relay.namespace or relay.resources."),
        _ => WithRole(e.Fault),
    };

    private Fault WithRole(Fault fault) => fault.Kind == FaultKind.Forbidden ? fault with { Hint = RelayRole.Hint(request.Namespace) } : fault;

    private static TimeSpan Backoff(int attempt, TimeSpan failingFor, double chance) => ReconnectPolicy.Delay(attempt, failingFor, LongestPause, chance);

    private async Task PauseAsync(Fault fault, Task retried, Func<int, TimeSpan, double, TimeSpan> delay, CancellationToken stopping)
    {
        if (_attempt++ == 0)
            _streakBegan = time.GetTimestamp();
#pragma warning disable CA5394 // Spreading load needs no secrecy.
        var pause = delay(_attempt, time.GetElapsedTime(_streakBegan), Random.Shared.NextDouble());
#pragma warning restore CA5394
        PublishTrouble(fault, time.GetUtcNow() + pause);
        await WaitAsync(retried, pause, stopping);
    }

    private async Task WaitAsync(Task news, TimeSpan limit, CancellationToken stopping)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        await Task.WhenAny(news, Task.Delay(limit, time, waiting.Token));
        await waiting.CancelAsync();
        stopping.ThrowIfCancellationRequested();
    }

    private void PublishTrouble(Fault fault, DateTimeOffset? next = null)
    {
        if (_published != fault && fault.Kind != FaultKind.RelayStarting)
            logger.RelayTrouble(request.Title, fault.Message);
        _published = fault;
        Publish(new Resolution.Unavailable(fault, next is null ? WaitingFor.Event : WaitingFor.Time, next));
    }

    private void Publish(Resolution state)
    {
        if (_state.Current.Value != state)
            _state.Publish(state);
    }
}
