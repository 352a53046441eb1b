namespace Kftray.Sidecar.PortForward.Spdy;

/// <summary>
/// Proves with SPDY pings that the path as far as the kubelet is alive: anything that arrives counts. Silence proves nothing while we do
/// not read because a client does not; and where the silence may be that of a pod that does not read, another session judges.
/// </summary>
/// <param name="isPathAlive">Whether another session has heard from the node since that timestamp.</param>
internal sealed class SpdyHeartbeat(SpdyWriter writer, TimeProvider time, Func<long, bool> isPathAlive)
{
    /// <summary>How long a ping may go unanswered.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(8);

    // With the deadline: a frozen path is found within 12 s, and something is left of the 15 s for what happened behind it.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    // Silence is not unusual on a full link: others are asked only when it lasts.
    private static readonly TimeSpan AskOthersAfter = TimeSpan.FromSeconds(3);

    // A session that nobody has used for so long is kept alive, no more. Load balancers cut what is idle for 60 s.
    private static readonly TimeSpan UnusedAfter = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan UnusedInterval = TimeSpan.FromSeconds(30);

    private long _lastReceived = time.GetTimestamp();
    private long _lastUsed = time.GetTimestamp();
    private volatile bool _waitsForReader;
    private volatile TaskCompletionSource? _unused;

    // Of the ping that is under way, and whether it was read by the server.
    private long _pingId = -1;
    private volatile bool _echoed;
    private long _pingSent;
    private long _roundTripTicks = -1;

    /// <summary>Set while the receive loop stands still for a reader.</summary>
    public bool WaitsForReader
    {
        set => _waitsForReader = value;
    }

    /// <summary>Timestamp of the last bytes that arrived.</summary>
    public long LastReceived => Volatile.Read(ref _lastReceived);

    public void OnReceived() => Volatile.Write(ref _lastReceived, time.GetTimestamp());

    /// <summary>Of the last ping that was answered; null before the first answer.</summary>
    public TimeSpan? RoundTrip => Volatile.Read(ref _roundTripTicks) is >= 0 and var ticks ? TimeSpan.FromTicks(ticks) : null;

    /// <summary>The server has read everything that was sent before this ping.</summary>
    public void OnEcho(uint id)
    {
        if (id != Volatile.Read(ref _pingId))
            return;
        _echoed = true;
        Volatile.Write(ref _roundTripTicks, time.GetElapsedTime(Volatile.Read(ref _pingSent)).Ticks);
    }

    /// <summary>A stream was opened or has ended.</summary>
    public void OnUsed()
    {
        Volatile.Write(ref _lastUsed, time.GetTimestamp());
        _unused?.TrySetResult();
    }

    /// <summary>Returns when the other side is silent.</summary>
    /// <param name="hasStreams">True while the session is in use.</param>
    public async Task RunAsync(Func<bool> hasStreams, CancellationToken closing)
    {
        uint pingId = 1;
        long framesRead = 0;
        while (true)
        {
            await RestAsync(hasStreams, closing);
            var framesSent = writer.StreamFrames;
            _echoed = false;
            Volatile.Write(ref _pingSent, time.GetTimestamp());
            Volatile.Write(ref _pingId, pingId);
            writer.PostPing(pingId);
            if (await IsSilentAsync(framesRead, closing))
                return;
            if (_echoed)
                framesRead = framesSent;
            pingId += 2;
        }
    }

    private async Task RestAsync(Func<bool> hasStreams, CancellationToken closing)
    {
        if (time.GetElapsedTime(Volatile.Read(ref _lastUsed)) < UnusedAfter || hasStreams())
        {
            await Task.Delay(Interval, time, closing);
            return;
        }

        // A stream that is opened now is looked after at once.
        var used = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _unused = used;
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(closing);
        if (!hasStreams())
            await Task.WhenAny(used.Task, Task.Delay(UnusedInterval, time, waiting.Token));
        _unused = null;
        await waiting.CancelAsync();
        closing.ThrowIfCancellationRequested();
    }

    private async Task<bool> IsSilentAsync(long framesRead, CancellationToken closing)
    {
        var sent = time.GetTimestamp();
        var silentSince = sent;
        while (LastReceived < sent)
        {
            var checking = time.GetTimestamp();
            await Task.Delay(CheckInterval, time, closing);
            // Suspended meanwhile: the answer has waited with us, and the receive loop needs a moment to see it.
            var overslept = time.GetElapsedTime(checking) > 3 * CheckInterval;
            if (overslept || _waitsForReader || IsPodToBlame(framesRead, silentSince))
                silentSince = time.GetTimestamp();
            if (time.GetElapsedTime(silentSince) >= Deadline && LastReceived < sent)
                return true;
        }

        return false;
    }

    // Only frames that the server has not read yet can keep it from reading the ping.
    private bool IsPodToBlame(long framesRead, long silentSince) =>
        time.GetElapsedTime(silentSince) >= AskOthersAfter && writer.StreamFrames > framesRead && isPathAlive(silentSince);
}
