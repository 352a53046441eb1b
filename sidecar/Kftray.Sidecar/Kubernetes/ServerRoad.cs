using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes.Watching;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>Whether the API server answers.</summary>
/// <param name="Fault">Why it does not; null while it does, or is believed to.</param>
/// <param name="Attempts">Probes that failed in this streak.</param>
/// <param name="DownFor">From the first failed probe of the streak to the last.</param>
internal sealed record RoadState(Fault? Fault, int Attempts, TimeSpan DownFor, DateTimeOffset? NextAttemptAt)
{
    public static RoadState Open { get; } = new(null, 0, TimeSpan.Zero, null);
}

/// <summary>
/// Knows whether the API server of one cluster can be reached, and is the only one that asks while it cannot: however many forwards wait, there
/// is one probe at a time. Doubts cost one probe at once; what was a hiccup of one request then disturbs no other.
/// </summary>
/// <param name="prepare">Gets what is needed to ask, for which the server is not to blame; throws when there is none.</param>
/// <param name="probe">Asks the server something small over a new connection; throws when there is no useful answer.</param>
/// <param name="improved">Completes when what <paramref name="prepare"/> could not get is there.</param>
/// <param name="opened">Called when the server answers again.</param>
internal sealed class ServerRoad(
    string context,
    Func<CancellationToken, Task> prepare,
    Func<CancellationToken, Task> probe,
    Func<Task> improved,
    Action opened,
    TimeProvider time,
    ILogger logger) : IAsyncDisposable
{
    /// <summary>After a probe that was answered, doubts wait this long for the next: errors of single requests must not become a load.</summary>
    internal static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    // A path that has frozen is found, and found again, by new connections only; each gets the time of two retransmissions.
    private static readonly TimeSpan EagerLimit = TimeSpan.FromSeconds(3);

    // After a while it is more likely that the path is slow.
    private static readonly TimeSpan PatientLimit = TimeSpan.FromSeconds(10);
    private const int EagerAttempts = 10;

    private readonly LatestValue<RoadState> _state = new(RoadState.Open);
    private readonly CancellationTokenSource _stopping = new();
    private readonly RetryPulse _changed = new();
    private readonly Lock _gate = new();

    // Guarded by _gate. Started by the first doubt: a server that never fails costs nothing.
    private Task _probing = Task.CompletedTask;
    private long? _answeredAt;
    private bool _disposed;

    public LatestValue<RoadState>.Version Current => _state.Current;

    /// <summary>A request failed in a way that may be the server's: finds out.</summary>
    public void Doubt()
    {
        lock (_gate)
        {
            if (_disposed || !_probing.IsCompleted)
                return;
            _probing = Task.Run(() => ProbeAsync(_answeredAt, _stopping.Token));
        }
    }

    /// <summary>Something has changed, on this machine or by the user: asks now.</summary>
    public void Retry()
    {
        Doubt();
        _changed.Fire();
    }

    /// <summary>A person who asks is a reason to look whether the server is back. Completes when that is known.</summary>
    public async Task AskAgainAsync(CancellationToken cancellationToken)
    {
        var known = Current;
        if (known.Value.Fault is null)
            return;
        Retry();
        await known.Superseded.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Task probing;
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            probing = _probing;
        }

        await _stopping.CancelAsync();
        await probing;
        _stopping.Dispose();
    }

    /// <summary>Until the server answers.</summary>
    private async Task ProbeAsync(long? answeredAt, CancellationToken stopping)
    {
        try
        {
            if (answeredAt is { } answered && time.GetElapsedTime(answered) is var since && since < Rest)
                await WaitAsync(Rest - since, _changed.Next, stopping);

            long? failing = null;
            while (true)
            {
                var changed = Task.WhenAny(_changed.Next, Improved());
                if (await FailsAsync(stopping) is not { } failure)
                    break;
                failing ??= time.GetTimestamp();
                await WaitAsync(Publish(failure, time.GetElapsedTime(failing.Value)), changed, stopping);
            }

            lock (_gate)
                _answeredAt = time.GetTimestamp();
            if (_state.Current.Value is not { Fault: not null } down)
                return;
            RoadLog.Opened(logger, context, down.Attempts, down.DownFor);
            _state.Publish(RoadState.Open);
            opened();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Disposed: nobody is interested any more.
        }
    }

    private async Task<(Fault Fault, TimeSpan? RetryAfter)?> FailsAsync(CancellationToken stopping)
    {
        try
        {
            await prepare(stopping);
            await ProbeInTimeAsync(stopping);
            return null;
        }
        catch (ApiStatusException e)
        {
            return (e.Fault, e.RetryAfter);
        }
        catch (ForwardException e)
        {
            return (e.Fault, null);
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            // Containment: whatever it is, it is asked again.
            return (new(FaultKind.Unknown, $"Asking the cluster of context '{context}' failed: {e.GetType().Name}."), null);
        }
    }

    private async Task ProbeInTimeAsync(CancellationToken stopping)
    {
        using var limit = new CancellationTokenSource(_state.Current.Value.Attempts < EagerAttempts ? EagerLimit : PatientLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
        try
        {
            await probe(either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            throw KubernetesFaults.TimedOut(context);
        }
    }

    private Task Improved()
    {
        try
        {
            return improved();
        }
        catch (ForwardException)
        {
            // There is no way to get any: the probe says so itself.
            return new TaskCompletionSource().Task;
        }
    }

    private TimeSpan Publish((Fault Fault, TimeSpan? RetryAfter) failure, TimeSpan downFor)
    {
        var attempts = _state.Current.Value.Attempts + 1;
#pragma warning disable CA5394 // Spreading load needs no secrecy.
        var delay = WatchBackoff.Delay(failure.Fault.Kind, attempts, downFor, failure.RetryAfter, Random.Shared.NextDouble());
#pragma warning restore CA5394
        if (attempts == 1)
            RoadLog.Closed(logger, context, failure.Fault.Message);
        _state.Publish(new(failure.Fault, attempts, downFor, time.GetUtcNow() + delay));
        return delay;
    }

    private async Task WaitAsync(TimeSpan delay, Task changed, CancellationToken stopping)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        await Task.WhenAny(Task.Delay(delay, time, waiting.Token), changed);
        await waiting.CancelAsync();
        stopping.ThrowIfCancellationRequested();
    }
}

internal static partial class RoadLog
{
    [LoggerMessage(Diagnostics.EventIds.RoadClosed, LogLevel.Warning, "Context {Context}: the API server does not answer: {Fault}")]
    public static partial void Closed(ILogger logger, string context, string fault);

    [LoggerMessage(Diagnostics.EventIds.RoadOpened, LogLevel.Information,
        "Context {Context}: the API server answers again, after {Attempts} attempts in {Duration}")]
    public static partial void Opened(ILogger logger, string context, int attempts, TimeSpan duration);
}
