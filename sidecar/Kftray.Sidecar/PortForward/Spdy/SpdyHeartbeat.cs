using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.PortForward.Spdy;

/// <summary>
/// Proves the path of a session as far as the kubelet: only a SPDY PING does, a WebSocket ping is answered by the API server. While we do not
/// read because a client does not, or cannot write, a missing answer proves nothing, and the clock stops.
/// </summary>
internal sealed class SpdyHeartbeat(SpdyWriter writer, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(8);

    // Written by the receive loop, read by the heartbeat.
    private long _lastReceived = time.GetTimestamp();
    private volatile bool _readerWaits;

    public void OnReceived() => Volatile.Write(ref _lastReceived, time.GetTimestamp());

    /// <summary>From now on we do not read.</summary>
    public void OnReaderWaits() => _readerWaits = true;

    public void OnReaderDone()
    {
        OnReceived();
        _readerWaits = false;
    }

    /// <summary>Completes when a ping was not answered in time; the result says so.</summary>
    public async Task<Fault> RunAsync(CancellationToken closing)
    {
        for (uint id = 1; ; id += 2)
        {
            await Task.Delay(Interval, time, closing);
            await writer.PingAsync(id);

            var sent = time.GetTimestamp();
            var silentSince = sent;
            while (Volatile.Read(ref _lastReceived) < sent)
            {
                await Task.Delay(Interval / 4, time, closing);
                if (_readerWaits || writer.IsBlocked)
                    silentSince = time.GetTimestamp();
                if (time.GetElapsedTime(silentSince) >= Deadline && Volatile.Read(ref _lastReceived) < sent)
                    return new Fault(FaultKind.ConnectionLost, $"The pod's node did not answer for {Deadline.TotalSeconds:0} s.");
            }
        }
    }
}
