using Kftray.Sidecar.Contract;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Forwarding;

/// <summary>
/// One client's connection from accept to end: waits for a pod, pumps both directions, and starts over with the next pod as long as it is
/// proven that the application got nothing.
/// </summary>
internal sealed class ForwardedConnection(
    IDuplexConnection client, TargetSlot slot, Func<ForwardSpec> spec, TrafficCounter traffic, TimeProvider time, ILogger logger)
{
    // A client may still be sending when the pod has ended: closing at once would reset what it has not read yet.
    private static readonly TimeSpan LingerTimeout = TimeSpan.FromSeconds(2);

    // A refusal shows within a round trip or two. What fails after this had its pod, and waits for the next one as a new connection does.
    private static readonly TimeSpan Established = TimeSpan.FromSeconds(5);

    private readonly ReplayBuffer _replay = new();
    private bool _clientEnded;

    /// <summary>Runs to the end of the connection. Throws nothing: what happens to one connection concerns no other.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        await using var owned = client;
        using var replay = _replay;

        // A write to a client that does not read ends by nothing else.
        using var cut = stopping.UnsafeRegister(static client => ((IDuplexConnection)client!).Abort(), client);
        traffic.Opened();
        try
        {
            await ServeAsync(stopping);
        }
        catch (EndOfConnectionException e)
        {
            logger.ConnectionEnded(spec().Id, e.Message);
            client.Abort();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            client.Abort();
        }
        catch (Exception e)
        {
            // Containment: whatever it was, only this connection ends.
            logger.ConnectionFaulted(spec().Id, e);
            client.Abort();
        }
        finally
        {
            traffic.Closed();
        }
    }

    private async Task ServeAsync(CancellationToken stopping)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var (target, pod) = await HoldAsync(spec().HoldTimeout - time.GetElapsedTime(began), stopping);
            var opened = time.GetTimestamp();
            await using (pod)
            {
                var failure = await PumpAsync(target, pod, stopping);
                if (failure is null)
                    return;
                if (!failure.ApplicationGotNothing || !_replay.IsComplete)
                    throw new EndOfConnectionException(failure.Fault.Message);
                slot.Report(target, failure.Fault);
                logger.ConnectionReplayed(spec().Id, target.Name, failure.Fault.Message);
            }

            if (time.GetElapsedTime(opened) >= Established)
                began = time.GetTimestamp();
        }
    }

    private async Task<(PodTarget Target, IPodStream Pod)> HoldAsync(TimeSpan left, CancellationToken stopping)
    {
        using var hold = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
        using var held = CancellationTokenSource.CreateLinkedTokenSource(stopping, hold.Token);
        traffic.Held(1);
        try
        {
            return await DialAsync(held.Token);
        }
        catch (OperationCanceledException e) when (hold.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            throw new EndOfConnectionException($"No pod within {spec().HoldTimeout.TotalSeconds:0.#} s.", e);
        }
        finally
        {
            traffic.Held(-1);
        }
    }

    private async Task<(PodTarget Target, IPodStream Pod)> DialAsync(CancellationToken held)
    {
        while (true)
        {
            var target = await slot.TakeAsync(spec().Balance, held);
            TakeFirstBytes();
            try
            {
                return (target, await target.Dialer.DialAsync(target, _replay.Bytes, spec().HalfCloseGrace, held));
            }
            catch (ForwardException e)
            {
                slot.Report(target, e.Fault, e.RetryAfter);
            }
        }
    }

    // What the client has sent already travels with the opening of the stream: one write, and one TLS record, for both.
    private void TakeFirstBytes()
    {
        if (!_replay.IsComplete || !_replay.Bytes.IsEmpty)
            return;
        var bytes = client.TryRead();
        _replay.Append(bytes.Span);
        traffic.ToPod(bytes.Length);
    }

    /// <returns>Null after an ordinary end.</returns>
    private async Task<PodStreamFailure?> PumpAsync(PodTarget target, IPodStream pod, CancellationToken stopping)
    {
        using var podEnded = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using var cut = stopping.UnsafeRegister(static pod => ((IPodStream)pod!).Abort(), pod);
        using var left = target.Left.UnsafeRegister(static pod => ((IPodStream)pod!).Abort(), pod);
        using var lost = pod.Lost.UnsafeRegister(static client => ((IDuplexConnection)client!).Abort(), client);
        var upload = UploadAsync(pod, podEnded.Token);
        PodStreamFailure? failure = null;
        var isOver = false;
        try
        {
            failure = await DownloadAsync(pod, stopping);
            isOver = failure is null;
        }
        finally
        {
            if (failure is null && upload.IsFaulted)
                pod.Abort();

            // Waiting for the client is not cut off at once after an ordinary end: see LingerTimeout.
            if (isOver && !upload.IsCompleted)
                await LingerAsync(upload, stopping);
            await podEnded.CancelAsync();
            try
            {
                await upload;
            }
            catch (OperationCanceledException) when (podEnded.IsCancellationRequested)
            {
                // The client's unread bytes stay in its socket, for the next pod.
            }
            catch (EndOfConnectionException) when (failure is not null || pod.Failure is not null)
            {
                failure ??= pod.Failure;
            }
        }

        return failure;
    }

    private async Task LingerAsync(Task upload, CancellationToken stopping)
    {
        try
        {
            await upload.WaitAsync(LingerTimeout, time, stopping);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException or EndOfConnectionException)
        {
            // The pod has ended; how the client's direction ends changes nothing any more.
            logger.ConnectionLingered(spec().Id, e.GetType().Name);
        }
    }

    /// <summary>From the client to the pod.</summary>
    private async Task UploadAsync(IPodStream pod, CancellationToken podEnded)
    {
        try
        {
            while (!_clientEnded)
            {
                var bytes = await client.ReadAsync(podEnded);
                if (bytes.IsEmpty)
                {
                    _clientEnded = true;
                    break;
                }

                _replay.Append(bytes.Span);
                traffic.ToPod(bytes.Length);
                await pod.WriteAsync(bytes);
            }

            await pod.CompleteWritesAsync();
        }
        catch (EndOfConnectionException) when (pod.Failure is null)
        {
            // The client is gone, reset or vanished: so must be its stream.
            pod.Abort();
            throw;
        }
    }

    /// <summary>From the pod to the client.</summary>
    private async Task<PodStreamFailure?> DownloadAsync(IPodStream pod, CancellationToken stopping)
    {
        while (true)
        {
            ReadOnlyMemory<byte> bytes;
            try
            {
                bytes = await pod.ReadAsync(stopping);
            }
            catch (EndOfConnectionException) when (pod.Failure is { } failure)
            {
                return failure;
            }

            if (bytes.IsEmpty)
            {
                await client.CompleteWritesAsync();
                return null;
            }

            _replay.GiveUp();
            traffic.FromPod(bytes.Length);
            try
            {
                await client.WriteAsync(bytes);
            }
            catch (EndOfConnectionException)
            {
                pod.Abort();
                throw;
            }
        }
    }
}
