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
internal sealed class RelayProbe(IPodDialer pods, TimeProvider time)
{
    // A container is called running a moment before its process listens.
    internal static readonly TimeSpan StartTime = TimeSpan.FromSeconds(2);
    internal static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(100);
    internal static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(5);

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
                _generations[target.Uid] = known = FindAsync(target);
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
            return await AskAsync(target).WaitAsync(cancellationToken) is RelayStatus.Ok;
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

    // Not cancelled by whoever asked first: others wait for the same answer. It ends by its own limits.
    private async Task<RelayGeneration> FindAsync(PodTarget target)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            switch (await AskAsync(target))
            {
                case RelayStatus.Ok:
                    return RelayGeneration.FullDuplex;
                case null when time.GetElapsedTime(started) < StartTime:
                    await Task.Delay(RetryInterval, time, CancellationToken.None);
                    break;
                default:
                    // Nobody there, or somebody who speaks another version: the compatible port remains.
                    return RelayGeneration.Lockstep;
            }
        }
    }

    /// <returns>The answer to a sign of life; null when nothing listens there.</returns>
    /// <exception cref="ForwardException">It could not be asked, or did not answer.</exception>
    private async Task<RelayStatus?> AskAsync(PodTarget target)
    {
        using var limit = new CancellationTokenSource(AnswerLimit, time);
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
        catch (OperationCanceledException e) when (limit.IsCancellationRequested)
        {
            throw new ForwardException(RelayFaults.NoAnswer, e);
        }
    }
}
