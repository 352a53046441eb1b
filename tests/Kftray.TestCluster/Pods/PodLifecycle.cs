using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Kftray.Testing.Http;
using Kftray.Testing.Store;

namespace Kftray.Testing.Pods;

/// <summary>One pod from its creation to its end, in one linear method: the kubelet's part of a pod's story.</summary>
internal sealed class PodLifecycle : IAsyncDisposable
{
    private readonly ObjectStore _store;
    private readonly TestPod _pod;
    private readonly PodTiming _timing;
    private readonly string _runtime;
    private readonly TimeProvider _time;
    private readonly Channel<bool> _crashes = Channel.CreateUnbounded<bool>();
    private readonly CancellationTokenSource _terminating = new();
    private readonly CancellationTokenSource _killing = new();
    private readonly Task _running;
    private TimeSpan _grace = TimeSpan.Zero;
    private int _restarts;

    public PodLifecycle(ObjectStore store, TestPod pod, PodTiming timing, string runtime, TimeProvider time)
    {
        (_store, _pod, _timing, _runtime, _time) = (store, pod, timing, runtime, time);
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
    public void SetReady(bool isReady) => Write(isReady, PodStatus.Running(_store.Timestamp()));

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
            await DelayAsync(Math.Min(_timing.TerminationDelayMs, (int)Math.Min(_grace.TotalMilliseconds, int.MaxValue)), _killing.Token);
        }
        catch (OperationCanceledException)
        {
            // No grace, or no more.
        }

        // The sockets first: by the time the API says that a pod is gone, it has been gone for a while.
        await _pod.RemoveAsync();
        _store.Remove(ResourceKinds.Pods, _pod.Namespace, _pod.Name, _pod.Uid);
    }

    private async Task LiveAsync(CancellationToken until)
    {
        Update(pod =>
        {
            pod.Child("spec")["nodeName"] ??= "node-1";
            return pod;
        });
        await DelayAsync(_timing.StartDelayMs, until);
        while (true)
        {
            _pod.StartApplications();
            var running = PodStatus.Running(_store.Timestamp());
            Write(isReady: false, running);
            await DelayAsync(_timing.ReadyDelayMs, until);
            Write(isReady: true, running);

            var byReset = await _crashes.Reader.ReadAsync(until);
            await _pod.KillApplicationsAsync(byReset);
            _restarts++;
            Write(isReady: false, PodStatus.CrashLoop());
            await DelayAsync(_timing.RestartDelayMs, until);
        }
    }

    private void Write(bool isReady, JsonObject state) =>
        Update(pod => PodStatus.Write(pod, _pod, _runtime, _store.Timestamp(), isReady, _restarts, state));

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

    /// <summary>The cluster's timing with what a pod's annotations say about it.</summary>
    public static PodTiming TimingOf(JsonObject pod, PodTiming cluster)
    {
        int Read(string name, int fallback) =>
            int.TryParse(pod.Text("metadata", "annotations", $"testcluster/{name}"), CultureInfo.InvariantCulture, out var value) ? value : fallback;
        return new PodTiming
        {
            StartDelayMs = Read("start-delay-ms", cluster.StartDelayMs),
            ReadyDelayMs = Read("ready-delay-ms", cluster.ReadyDelayMs),
            TerminationDelayMs = Read("termination-delay-ms", cluster.TerminationDelayMs),
            RestartDelayMs = Read("restart-delay-ms", cluster.RestartDelayMs),
        };
    }
}
