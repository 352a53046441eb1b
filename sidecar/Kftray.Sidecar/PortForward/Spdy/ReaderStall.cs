namespace Kftray.Sidecar.PortForward.Spdy;

/// <summary>
/// The receive loop stands still because the reader of one stream has not taken its bytes yet. Begun and ended by the loop alone; one timer
/// serves all stalls of a session, since under load there is one per frame.
/// </summary>
/// <param name="tooLong">Called with the stream each time that another <see cref="Limit"/> has passed.</param>
internal sealed class ReaderStall(TimeProvider time, Action<SpdyStream> tooLong) : IDisposable
{
    /// <summary>How long one reader may hold up the others of its session.</summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private volatile SpdyStream? _stream;
    private long _since;
    private ITimer? _timer;

    /// <summary>Whose reader it is; null while the loop runs.</summary>
    public SpdyStream? Stream => _stream;

    /// <summary>Timestamp of its beginning; null while the loop runs.</summary>
    public long? Since => Volatile.Read(ref _since) is not 0 and var since ? since : null;

    public void Begin(SpdyStream stream)
    {
        _stream = stream;
        Interlocked.Exchange(ref _since, time.GetTimestamp());
        _timer ??= time.CreateTimer(static stall => ((ReaderStall)stall!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(Limit, Limit);
    }

    public void End()
    {
        _timer!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Volatile.Write(ref _since, 0);
        _stream = null;
    }

    public void Dispose() => _timer?.Dispose();

    private void OnTimer()
    {
        if (_stream is { } stream)
            tooLong(stream);
    }
}
