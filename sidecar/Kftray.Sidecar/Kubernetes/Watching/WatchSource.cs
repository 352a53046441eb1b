using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Kubernetes.Watching;

/// <summary>
/// Keeps a <see cref="WatchState{T}"/> current until stopped, whatever happens to the cluster. What the two ways of doing so share:
/// trouble is published and waited out here, the way itself is <see cref="StepAsync"/>.
/// </summary>
internal abstract class WatchSource<T>(string name, RetryPulse pulse, TimeProvider time, ILogger logger)
{
    /// <summary>Between two looks where watching is not possible.</summary>
    internal static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(2);

    private readonly LatestValue<WatchState<T>> _state = new(WatchState<T>.Unknown);
    private int _failures;
    private long _failingSince;

    public LatestValue<WatchState<T>>.Version Current => _state.Current;

    protected TimeProvider Time => time;

    protected ILogger Logger => logger;

    protected string Name => name;

    /// <summary>Somebody has reason to think that what is known is old: looks again soon, whatever a watch says or does not say.</summary>
    public virtual void Doubt()
    {
    }

    /// <summary>Ends by cancellation only.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            // Taken before the step: what changes for the better while its failure is on the way must not be slept through.
            var woken = pulse.Next;
            try
            {
                await StepAsync(stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (ApiStatusException e)
            {
                await WaitOutAsync(e.Fault, e.RetryAfter, e, woken, stopping);
            }
            catch (ForwardException e)
            {
                await WaitOutAsync(e.Fault, null, e, woken, stopping);
            }
            catch (Exception e)
            {
                // Containment: what nobody foresaw stops this watch for a moment, never for good.
                await WaitOutAsync(new(FaultKind.Unknown, $"Following {name} failed unexpectedly.", "The log has the details."), null, e, woken, stopping);
            }
        }
    }

    /// <summary>The next piece of work: brings an answer or throws.</summary>
    protected abstract Task StepAsync(CancellationToken stopping);

    /// <summary>The server has answered: whatever trouble there was is over.</summary>
    protected void Publish(Func<WatchState<T>, WatchState<T>> change)
    {
        var old = _state.Current.Value;
        var next = change(old) with { Trouble = null };
        if (next != old)
            _state.Publish(next);
        if (_failures == 0)
            return;

        WatchLog.Recovered(logger, name, _failures);
        _failures = 0;
        // The others of this cluster need not wait for their own turn.
        pulse.Fire();
    }

    private async Task WaitOutAsync(Fault fault, TimeSpan? retryAfter, Exception cause, Task woken, CancellationToken stopping)
    {
        if (_failures++ == 0)
        {
            _failingSince = time.GetTimestamp();
            WatchLog.Trouble(logger, name, fault.Message, cause);
        }
        else
        {
            WatchLog.TroubleAgain(logger, name, fault.Message, _failures);
        }

        var failingFor = time.GetElapsedTime(_failingSince);
#pragma warning disable CA5394 // Spreading load needs no secrecy.
        var delay = WatchBackoff.Delay(fault.Kind, _failures, failingFor, retryAfter, Random.Shared.NextDouble());
#pragma warning restore CA5394
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var wait = Task.Delay(delay, time, waiting.Token);
        _state.Publish(_state.Current.Value with { Trouble = new(fault, _failures, failingFor, time.GetUtcNow() + delay) });
        // A server that asks for fewer requests gets them, whoever is impatient.
        await (retryAfter is null ? Task.WhenAny(wait, woken) : Task.WhenAny(wait));
        await waiting.CancelAsync();
    }
}

internal static partial class WatchLog
{
    [LoggerMessage(Diagnostics.EventIds.WatchTrouble, LogLevel.Warning, "{Name} cannot be followed: {Fault}")]
    public static partial void Trouble(ILogger logger, string name, string fault, Exception cause);

    [LoggerMessage(Diagnostics.EventIds.WatchTroubleAgain, LogLevel.Debug, "{Name} cannot be followed: {Fault} (attempt {Attempt})")]
    public static partial void TroubleAgain(ILogger logger, string name, string fault, int attempt);

    [LoggerMessage(Diagnostics.EventIds.WatchRecovered, LogLevel.Information, "{Name} can be followed again after {Attempts} failed attempts")]
    public static partial void Recovered(ILogger logger, string name, int attempts);

    [LoggerMessage(Diagnostics.EventIds.WatchSynced, LogLevel.Debug, "{Name} listed: {Count} at version {Version}")]
    public static partial void Synced(ILogger logger, string name, int count, string? version);

    [LoggerMessage(Diagnostics.EventIds.WatchExpired, LogLevel.Debug, "{Name} must be listed again: version {Version} is too old")]
    public static partial void Expired(ILogger logger, string name, string? version);

    [LoggerMessage(Diagnostics.EventIds.WatchDoubted, LogLevel.Debug, "{Name} is listed again: what was known at version {Version} is in doubt")]
    public static partial void Doubted(ILogger logger, string name, string? version);

    [LoggerMessage(Diagnostics.EventIds.WatchSilent, LogLevel.Information, "{Name} was not told of a change: its watch has been silent for {Duration}")]
    public static partial void Silent(ILogger logger, string name, TimeSpan duration);

    [LoggerMessage(Diagnostics.EventIds.WatchPolls, LogLevel.Information, "{Name} may not be watched and is polled instead")]
    public static partial void Polls(ILogger logger, string name);
}
