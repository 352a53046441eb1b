using System.Buffers;
using Kftray.Sidecar.Datagrams;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Relay;

/// <summary>One connection to an old relay: a datagram out, an answer back, one after the other.</summary>
internal sealed class LockstepLane(LockstepStream flow, IPodDialer pods, PodTarget target, TimeProvider time)
{
    // The relay itself gives up after 5 s and says so.
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _aborted = new();
    private DatagramReader _answers = new();
    private IPodStream? _stream;

    // Always under way while there is a stream: bytes that nobody asks for would stop the others of their session.
    private Task<ReadOnlyMemory<byte>>? _reading;

    public LockstepStream Flow => flow;

    /// <summary>Why it is of no use any more; null when it was closed in the ordinary way.</summary>
    public PodStreamFailure? Failure { get; private set; }

    /// <param name="frame">Rented, with <paramref name="length"/> bytes of a frame; given back here.</param>
    /// <param name="answer">Where an answer goes, if one comes; its reader is the caller's to wake.</param>
    /// <returns>False when the connection is over.</returns>
    public async Task<bool> ExchangeAsync(byte[] frame, int length, DatagramQueue answer)
    {
        try
        {
            // The relay may have closed it while it was idle.
            if (_reading is { IsCompleted: true })
                await HangUpAsync();
            var isReused = _stream is not null;
            _stream ??= await DialAsync(frame, length);
            if (isReused)
                await _stream.WriteAsync(frame.AsMemory(0, length));

            while (true)
            {
                var bytes = await (_reading ??= Read(_stream)).WaitAsync(AnswerLimit, time, _aborted.Token);
                if (bytes.IsEmpty && isReused)
                {
                    // Closed while the datagram was on its way.
                    await HangUpAsync();
                    _stream = await DialAsync(frame, length);
                    isReused = false;
                    continue;
                }

                if (bytes.IsEmpty)
                    return await EndAsync(null);
                _answers.Feed(bytes);
                var isWhole = _answers.TryRead(out var payload);

                // Of length zero: nothing came, and an empty datagram cannot be told from that.
                if (payload.Length > 0)
                    answer.TryAdd(payload.Span);
                _reading = Read(_stream);
                if (isWhole)
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
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
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
    public Task CloseAsync()
    {
        Abort();
        return HangUpAsync();
    }

    private async Task<IPodStream> DialAsync(byte[] frame, int length) =>
        await pods.DialAsync(target, frame.AsMemory(0, length), TimeSpan.Zero, _aborted.Token);

    private Task<ReadOnlyMemory<byte>> Read(IPodStream stream) => stream.ReadAsync(_aborted.Token).AsTask();

    private async Task<bool> EndAsync(PodStreamFailure? failure)
    {
        Failure = failure;
        await HangUpAsync();
        return false;
    }

    private async Task HangUpAsync()
    {
        _answers.Dispose();
        _answers = new DatagramReader();
        if (_stream is null)
            return;
        _stream.Abort();
        if (_reading is not null)
            await ((Task)_reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stream.DisposeAsync();
        (_stream, _reading) = (null, null);
    }
}
