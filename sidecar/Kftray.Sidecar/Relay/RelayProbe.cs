using Kftray.Relay;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Relay;

/// <summary>What a relay can do.</summary>
internal enum RelayGeneration
{
    /// <summary>It has no control port: one datagram at a time on a connection, and no word about what went wrong.</summary>
    Lockstep,

    /// <summary>It answers on its control port.</summary>
    FullDuplex,
}

/// <summary>Finds out, once for each pod, whether its relay has a control port, and sends it signs of life.</summary>
internal sealed class RelayProbe(IPodDialer pods, TimeProvider time) : IAsyncDisposable
{
    // A container is called running a moment before its process listens.
    internal static readonly TimeSpan StartTime = TimeSpan.FromSeconds(2);
    internal static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(100);
    internal static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskSet _finding = new();
    private readonly Lock _lock = new();

    // Guarded by _lock. By the pod's uid; one that failed is replaced by the next who asks.
    private readonly Dictionary<string, Task<RelayGeneration>> _generations = [];

    public static PodTarget ControlPortOf(PodTarget target) => target with { Port = RelayProtocol.DefaultControlPort };

    /// <exception cref="ForwardException">The relay did not answer.</exception>
    public async ValueTask<RelayGeneration> GenerationAsync(PodTarget target, CancellationToken cancellationToken)
    {
        Task<RelayGeneration> generation;
        lock (_lock)
        {
            if (!_generations.TryGetValue(target.Uid, out var known) || known.IsFaulted)
            {
                _generations[target.Uid] = known = FindAsync(target);
                _finding.Add(UntilItEnds(known));
            }

            generation = known;
        }

        return await generation.WaitAsync(cancellationToken);
    }

    /// <returns>False when a relay that has a control port did not answer there.</returns>
    public async ValueTask<bool> BeatAsync(PodTarget target, CancellationToken cancellationToken)
    {
        try
        {
            if (await GenerationAsync(target, cancellationToken) == RelayGeneration.Lockstep)
                return true;
            return await AskAsync(target, cancellationToken) is RelayStatus.Ok;
        }
        catch (ForwardException)
        {
            return false;
        }
    }

    public void Forget(string uid)
    {
        lock (_lock)
            _generations.Remove(uid);
    }

    /// <summary>Nobody is asked any more; who waits for an answer is told that there is none.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _finding.WhenEmptyAsync();
    }

    // Its failure is for those who wait for the answer.
    private static async Task UntilItEnds(Task finding) => await finding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    // Not cancelled by whoever asked first: others wait for the same answer. It ends by its own limits, or with us.
    private async Task<RelayGeneration> FindAsync(PodTarget target)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            switch (await AskAsync(target, CancellationToken.None))
            {
                case RelayStatus.Ok:
                    return RelayGeneration.FullDuplex;
                case null when time.GetElapsedTime(started) < StartTime:
                    // Ended early only by our end, which the next question finds out.
                    await Task.Delay(RetryInterval, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    break;
                default:
                    // Nobody there, or somebody who speaks another version: the compatible port remains.
                    return RelayGeneration.Lockstep;
            }
        }
    }

    /// <returns>The answer to a sign of life; null when nothing listens there.</returns>
    /// <exception cref="ForwardException">It could not be asked, or did not answer.</exception>
    private async Task<RelayStatus?> AskAsync(PodTarget target, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(AnswerLimit, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stopping.Token, cancellationToken);
        try
        {
            var hello = new byte[RelayProtocol.HelloLength + 1];
            RelayProtocol.WriteHello(hello, RelayKind.Heartbeat);
            await using var stream = await pods.DialAsync(ControlPortOf(target), hello, TimeSpan.Zero, limit.Token);
            try
            {
                var status = new RelayStream.StatusReader();
                while (!status.IsComplete)
                {
                    var bytes = await stream.ReadAsync(limit.Token);
                    if (bytes.IsEmpty)
                        throw new ForwardException(RelayFaults.NoAnswer);
                    status.Take(bytes.Span);
                }

                return status.Read().Status;
            }
            catch (EndOfConnectionException) when (stream.Failure is { Fault.Kind: FaultKind.ConnectionRefused })
            {
                return null;
            }
            catch (EndOfConnectionException e)
            {
                throw new ForwardException(stream.Failure?.Fault ?? RelayFaults.NoAnswer, e);
            }
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ForwardException(RelayFaults.NoAnswer, e);
        }
    }
}
