using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Kubernetes;

/// <param name="Kubeconfig">Null when <paramref name="Fault"/> says why.</param>
internal sealed record KubeconfigState(Kubeconfig? Kubeconfig, Fault? Fault);

/// <summary>
/// The newest content of one list of kubeconfig files. It polls: half a second of delay is less than a person notices, and a stat a
/// file sees edits, renames over it, symlinks, network disks and files that do not exist yet, where file system events miss some.
/// </summary>
internal sealed partial class KubeconfigWatch : IAsyncDisposable
{
    internal static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>A file that has changed is read when it has not changed again for this long.</summary>
    internal static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(100);

    /// <summary>How long the last good content is kept while the files are broken or lack something: editors and tools write them in steps.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly IReadOnlyList<string> _paths;
    private readonly KubeconfigFile? _inCluster;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly LatestValue<KubeconfigState> _state;
    private readonly Task _polling;

    /// <param name="inCluster">See <see cref="Kubeconfig.Load"/>.</param>
    public KubeconfigWatch(IReadOnlyList<string> paths, TimeProvider time, ILogger logger, KubeconfigFile? inCluster = null)
    {
        _inCluster = inCluster;
        _paths = paths;
        _time = time;
        _logger = logger;
        // The stamp is taken before the content: a change in between is then seen again, never missed.
        var stamp = Stamp();
        var first = Load();
        _state = new(first);
        Report(first);
        _polling = PollAsync(stamp);
    }

    public LatestValue<KubeconfigState>.Version Current => _state.Current;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _polling;
        _stopping.Dispose();
    }

    private async Task PollAsync(string stamp)
    {
        DateTimeOffset? brokenSince = null;
        using var timer = new PeriodicTimer(PollInterval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                var newStamp = Stamp();
                if (newStamp == stamp && brokenSince is null)
                    continue;

                if (newStamp != stamp)
                    newStamp = await SettleAsync(newStamp);
                stamp = newStamp;
                var state = Load();
                if (IsPoorer(state, _state.Current.Value) && _time.GetUtcNow() - (brokenSince ??= _time.GetUtcNow()) < Patience)
                    continue;
                brokenSince = null;
                if (state.Fault is null || state.Fault != _state.Current.Value.Fault)
                {
                    _state.Publish(state);
                    Report(state);
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Disposed: the loop's only end.
        }
    }

    private async Task<string> SettleAsync(string stamp)
    {
        while (true)
        {
            await Task.Delay(Settling, _time, _stopping.Token);
            var next = Stamp();
            if (next == stamp)
                return next;
            stamp = next;
        }
    }

    /// <summary>True when something that could be used cannot be used any more: either it was removed, or the files are not whole yet.</summary>
    private static bool IsPoorer(KubeconfigState state, KubeconfigState before)
    {
        if (before.Kubeconfig is not { } old)
            return false;
        return state.Kubeconfig is not { } now
            || (old.CurrentContext is not null && now.CurrentContext is null)
            || old.Contexts.Any(context => old.IsComplete(context) && !now.IsComplete(context));
    }

    private KubeconfigState Load()
    {
        try
        {
            return new(Kubeconfig.Load(_paths, _inCluster), null);
        }
        catch (ForwardException e)
        {
            return new(null, e.Fault);
        }
    }

    private void Report(KubeconfigState state)
    {
        var paths = string.Join(Path.PathSeparator, _paths);
        if (state.Kubeconfig is { } kubeconfig)
            Log.Read(_logger, paths, kubeconfig.Contexts.Count, kubeconfig.CurrentContext);
        else
            Log.Broken(_logger, paths, state.Fault!.Message);
    }

    /// <summary>Changes whenever a file may have changed. Follows symbolic links, which file information by path does not.</summary>
    private string Stamp() => string.Join('|', _paths.Select(path =>
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return $"{File.GetLastWriteTimeUtc(file).Ticks}:{RandomAccess.GetLength(file)}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.GetType().Name;
        }
    }));
}
