using System.Text.Json.Nodes;
using System.Threading.Channels;
using Kftray.Testing.Controllers;
using Kftray.Testing.Faults;
using Kftray.Testing.Http;
using Kftray.Testing.Store;

namespace Kftray.Testing.Pods;

/// <summary>What the beginning of a pod's life depends on.</summary>
internal sealed record PodSurroundings(ClusterNode Node, ImageCatalog Catalog, ImageFaults Images, EventRecorder Events);

/// <summary>One pod from its creation to its end, in one linear method: the kubelet's part of a pod's story.</summary>
internal sealed class PodLifecycle : IAsyncDisposable
{
    private readonly ObjectStore _store;
    private readonly PodSurroundings _surroundings;
    private readonly StoredObject _stored;
    private readonly JsonObject _content;
    private readonly TestPod _pod;
    private readonly string _restartPolicy;
    private readonly bool _hasOtherContainers;
    private readonly PodTiming _timing;
    private readonly string _runtime;
    private readonly TimeProvider _time;
    private readonly Channel<bool> _crashes = Channel.CreateUnbounded<bool>();
    private readonly CancellationTokenSource _terminating = new();
    private readonly CancellationTokenSource _killing = new();
    private readonly Task _running;
    private TimeSpan _grace = TimeSpan.Zero;
    private string _startedAt;
    private int _restarts;
    private bool _isFinished;

    /// <param name="stored">The pod as it was created.</param>
    public PodLifecycle(ObjectStore store, StoredObject stored, TestPod pod, PodTiming timing, string runtime, PodSurroundings surroundings, TimeProvider time)
    {
        _content = stored.Read();
        _startedAt = store.Timestamp();
        _restartPolicy = _content.Text("spec", "restartPolicy") ?? "Always";
        _hasOtherContainers = _content.Items("spec", "containers").Skip(1).Any();
        (_store, _stored, _pod, _timing, _runtime, _surroundings, _time) = (store, stored, pod, timing, runtime, surroundings, time);
        _running = RunAsync();
    }

    public TestPod Pod => _pod;

    public bool IsOver => _running.IsCompleted;

    /// <summary>The containers end at once and start again after the restart delay.</summary>
    public void Crash(bool byReset) => _crashes.Writer.TryWrite(byReset);

    public void Terminate(TimeSpan grace)
    {
        _grace = grace;
        if (!_terminating.IsCancellationRequested) _terminating.Cancel();
    }

    /// <summary>No grace: the object is gone, or the cluster ends.</summary>
    public void Kill()
    {
        if (_killing.IsCancellationRequested) return;
        _killing.Cancel();
        _terminating.Cancel();
    }

    /// <summary>Writes readiness, whatever the applications do.</summary>
    public void SetReady(bool isReady) => WriteRunning(isReady);

    public async ValueTask DisposeAsync()
    {
        Kill();
        await _running;
        _terminating.Dispose();
        _killing.Dispose();
    }

    private async Task RunAsync()
    {
        await Task.Yield();
        try
        {
            await LiveAsync(_terminating.Token);
        }
        catch (OperationCanceledException)
        {
            // Its time has come.
        }

        try
        {
            await StopAsync(_killing.Token);
        }
        catch (OperationCanceledException)
        {
            // No grace, or no more.
        }

        // The sockets first: by the time the API says that a pod is gone, it has been gone for a while.
        await _pod.RemoveAsync();
        if (_pod.Process is { } process && !_isFinished) WriteExit(await process.Exited, isFinal: true);
        _store.Remove(ResourceKinds.Pods, _pod.Namespace, _pod.Name, _pod.Uid);
    }

    private async Task LiveAsync(CancellationToken until)
    {
        await ScheduleAsync(until);
        foreach (var image in _content.Items("spec", "containers").Select(container => container.Text("image") ?? "")) await PullAsync(image, until);
        await DelayAsync(_timing.StartDelayMs, until);
        while (true)
        {
            _pod.StartApplications();
            _startedAt = _store.Timestamp();
            WriteRunning(isReady: false);
            var exit = await EndAsync(until);
            var isFinal = _restartPolicy == "Never" || (_restartPolicy == "OnFailure" && exit?.Code == 0);
            if (exit is not null && isFinal)
            {
                WriteExit(exit, isFinal: true);
                // With its last container the pod's network goes; the object stays until somebody deletes it.
                if (!_hasOtherContainers) await _pod.RemoveAsync();
                await DelayAsync(-1, until);
            }

            if (exit is not null) WriteExit(exit, isFinal: false);
            _restarts++;
            Write(new PodReport("Running", false, _restarts, ContainerState.CrashLoop(), _pod.ProgramContainer));
            await DelayAsync(_timing.RestartDelayMs, until);
        }
    }

    private async Task ScheduleAsync(CancellationToken until)
    {
        while (true)
        {
            var changed = _surroundings.Node.Changed.Next;
            if (_surroundings.Node.WhyNot(_content) is not { } reason) break;
            Update(pod => PodStatus.WriteUnschedulable(pod, reason, _store.Timestamp()));
            Record(isWarning: true, "FailedScheduling", reason, "default-scheduler");
            await changed.WaitAsync(until);
        }

        Record(isWarning: false, "Scheduled", $"Successfully assigned {_pod.Namespace}/{_pod.Name} to {ClusterNode.Name}", "default-scheduler");
        Update(pod =>
        {
            pod.Child("spec")["nodeName"] ??= ClusterNode.Name;
            return PodStatus.Write(pod, _pod, _runtime, _store.Timestamp(), Pending("ContainerCreating"));
        });
    }

    private async Task PullAsync(string image, CancellationToken until)
    {
        while (true)
        {
            var changed = _surroundings.Images.Changed.Next;
            var fault = _surroundings.Images.Find(image);
            if (fault is not null) Record(isWarning: false, "Pulling", $"Pulling image \"{image}\"");
            if (fault?.DelayMilliseconds > 0) await DelayAsync(fault.DelayMilliseconds, until);
            var failure = fault?.Message ?? _surroundings.Catalog.WhyMissing(image);
            if (failure is null) return;

            Record(isWarning: true, "Failed", $"Failed to pull image \"{image}\": {failure}");
            Write(Pending("ErrImagePull", failure));
            var patience = _timing.PullRetryDelayMs / 2;
            await Task.WhenAny(changed, DelayAsync(patience, until));
            until.ThrowIfCancellationRequested();
            if (changed.IsCompleted) continue;
            Record(isWarning: false, "BackOff", $"Back-off pulling image \"{image}\"");
            Write(Pending("ImagePullBackOff", $"Back-off pulling image \"{image}\": ErrImagePull: {failure}"));
            await Task.WhenAny(changed, DelayAsync(patience, until));
            until.ThrowIfCancellationRequested();
        }
    }

    private static PodReport Pending(string reason, string? message = null) => new("Pending", false, 0, ContainerState.Waiting(reason, message));

    private void Record(bool isWarning, string reason, string message, string component = "kubelet") =>
        _surroundings.Events.Record(_stored, isWarning, reason, message, component);

    /// <summary>Makes the pod ready in its time and waits for the end of its containers.</summary>
    /// <returns>How its program ended; null for applications, which a test has crashed.</returns>
    private async Task<ContainerExit?> EndAsync(CancellationToken until)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(until);
        var crash = _crashes.Reader.ReadAsync(ended.Token).AsTask();
        var exit = _pod.Process?.Exited;
        Task end = exit is null ? crash : Task.WhenAny(crash, exit);
        try
        {
            if (await Task.WhenAny(DelayAsync(_timing.ReadyDelayMs, ended.Token), end) != end && !until.IsCancellationRequested) WriteRunning(isReady: true);
            await end;
            until.ThrowIfCancellationRequested();
            if (exit is { IsCompleted: true }) return await exit;
            await _pod.KillApplicationsAsync(await crash);
            return exit is null ? null : await exit;
        }
        finally
        {
            await ended.CancelAsync();
        }
    }

    /// <summary>The grace: a program is asked to end, applications take their time.</summary>
    private async Task StopAsync(CancellationToken killing)
    {
        if (_pod.Process is not { Exited.IsCompleted: false } process)
        {
            await DelayAsync(Math.Min(_timing.TerminationDelayMs, (int)Math.Min(_grace.TotalMilliseconds, int.MaxValue)), killing);
            return;
        }

        if (_grace == TimeSpan.Zero) return;
        process.Terminate();
        try
        {
            await process.Exited.WaitAsync(_grace, _time, killing);
        }
        catch (TimeoutException)
        {
            // It does not want to: what follows kills it.
        }
    }

    private void WriteRunning(bool isReady) => Write(new PodReport("Running", isReady, _restarts, ContainerState.Running(_startedAt)));

    private void WriteExit(ContainerExit exit, bool isFinal)
    {
        _isFinished |= isFinal;
        var phase = !isFinal || _hasOtherContainers ? "Running" : exit.Code == 0 ? "Succeeded" : "Failed";
        Write(new PodReport(phase, false, _restarts, ContainerState.Terminated(exit, _startedAt, _store.Timestamp()), _pod.ProgramContainer));
    }

    private void Write(PodReport report) => Update(pod => PodStatus.Write(pod, _pod, _runtime, _store.Timestamp(), report));

    private void Update(Func<JsonObject, JsonObject> change)
    {
        try
        {
            _store.Update(ResourceKinds.Pods, _pod.Namespace, _pod.Name, pod => pod.Text("metadata", "uid") == _pod.Uid ? change(pod) : pod);
        }
        catch (ApiException)
        {
            // Deleted without grace meanwhile; the kubelet hears of it, too.
        }
    }

    /// <summary>A negative delay is one that never ends.</summary>
    private Task DelayAsync(int milliseconds, CancellationToken until) =>
        Task.Delay(milliseconds < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(milliseconds), _time, until);
}
