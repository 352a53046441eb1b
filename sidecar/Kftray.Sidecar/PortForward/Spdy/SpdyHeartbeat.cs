namespace Kftray.Sidecar.PortForward.Spdy;

/// <summary>
/// Proves with SPDY pings that the path as far as the kubelet is alive: anything that arrives counts. While we do not read because a
/// client does not, or cannot write because the pod does not read, a missing answer proves nothing.
/// </summary>
internal sealed class SpdyHeartbeat(SpdyWriter writer, TimeProvider time)
{
    /// <summary>How long a ping may go unanswered.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    // Written by the receive loop.
    private long _lastReceived = time.GetTimestamp();
    private volatile bool _waitsForReader;

    /// <summary>Set while the receive loop stands still for a reader.</summary>
    public bool WaitsForReader
    {
        set => _waitsForReader = value;
    }

    public void OnReceived() => Volatile.Write(ref _lastReceived, time.GetTimestamp());

    /// <summary>Returns when the other side is silent.</summary>
    public async Task RunAsync(CancellationToken closing)
    {
        uint pingId = 1;
        while (true)
        {
            await Task.Delay(Interval, time, closing);
            await writer.PingAsync(pingId);
            pingId += 2;

            var sent = time.GetTimestamp();
            var silentSince = sent;
            while (Volatile.Read(ref _lastReceived) < sent)
            {
                await Task.Delay(CheckInterval, time, closing);
                if (_waitsForReader || writer.IsBlocked)
                    silentSince = time.GetTimestamp();
                if (time.GetElapsedTime(silentSince) >= Deadline && Volatile.Read(ref _lastReceived) < sent)
                    return;
            }
        }
    }
}
