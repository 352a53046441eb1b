using System.Buffers;
using Kftray.Sidecar.Datagrams;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Relay;

/// <summary>One connection to an old relay: a datagram out, an answer back, one after the other.</summary>
internal sealed class LockstepLane(LockstepStream flow, IPodDialer pods, PodTarget target, TimeProvider time)
{
    // The relay itself gives up after 5 s and says so.
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);

    private readonly DatagramReader _answers = new();
    private readonly CancellationTokenSource _aborted = new();
    private IPodStream? _stream;

    public LockstepStream Flow => flow;

    /// <summary>Why it is of no use any more; null when it was closed in the ordinary way.</summary>
    public PodStreamFailure? Failure { get; private set; }

    /// <param name="frame">Rented, with <paramref name="length"/> bytes of a frame; given back here.</param>
    /// <param name="answer">Where an answer goes, if one comes.</param>
    /// <returns>False when the connection is over.</returns>
    public async Task<bool> ExchangeAsync(byte[] frame, int length, DatagramQueue answer)
    {
        using var limit = new CancellationTokenSource(AnswerLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _aborted.Token);
        try
        {
            if (_stream is null)
                _stream = await pods.DialAsync(target, frame.AsMemory(0, length), TimeSpan.Zero, either.Token);
            else
                await _stream.WriteAsync(frame.AsMemory(0, length));

            while (true)
            {
                var bytes = await _stream.ReadAsync(either.Token);
                if (bytes.IsEmpty)
                    return await EndAsync(null);
                _answers.Feed(bytes);
                if (!_answers.TryRead(out var payload))
                    continue;

                // Nothing came; an empty datagram cannot be told from that.
                if (payload.Length > 0 && answer.TryAdd(payload.Span))
                    answer.Wake();
                return !_aborted.IsCancellationRequested || await EndAsync(null);
            }
        }
        catch (ForwardException e)
        {
            return await EndAsync(new PodStreamFailure(e.Fault, ApplicationGotNothing: true));
        }
        catch (EndOfConnectionException)
        {
            return await EndAsync(_stream?.Failure);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            return await EndAsync(null);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
        }
    }

    /// <summary>Ends the wait for an answer; <see cref="ExchangeAsync"/> returns soon.</summary>
    public void Abort()
    {
        _aborted.Cancel();
        _stream?.Abort();
    }

    /// <summary>Ends one that waits for nothing.</summary>
    public async Task CloseAsync()
    {
        Abort();
        await EndAsync(null);
    }

    private async Task<bool> EndAsync(PodStreamFailure? failure)
    {
        Failure = failure;
        _answers.Dispose();
        if (_stream is not null)
            await _stream.DisposeAsync();
        return false;
    }
}
