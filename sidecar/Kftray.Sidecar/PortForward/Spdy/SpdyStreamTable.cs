namespace Kftray.Sidecar.PortForward.Spdy;

/// <summary>The open streams of a session, each under the ids of its error and its data stream.</summary>
internal sealed class SpdyStreamTable
{
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly Dictionary<int, SpdyStream> _streams = [];
    private bool _closed;

    // Counted, because every new connection asks every session, and streams whose client has ended may be hundreds.
    private int _busy;

    public bool Any
    {
        get
        {
            lock (_lock)
                return _streams.Count > 0;
        }
    }

    /// <summary>Streams whose client is still there.</summary>
    public int Busy => Volatile.Read(ref _busy);

    /// <returns>False when the session has ended.</returns>
    public bool TryAdd(SpdyStream stream)
    {
        lock (_lock)
        {
            if (_closed)
                return false;
            _streams.Add(stream.Ids.Error, stream);
            _streams.Add(stream.Ids.Data, stream);
            Interlocked.Increment(ref _busy);
            return true;
        }
    }

    /// <summary>Called once for every stream that was added, when its client, or the pod, has ended.</summary>
    public void OnNoLongerBusy() => Interlocked.Decrement(ref _busy);

    public void Remove(SpdyStream stream)
    {
        lock (_lock)
        {
            _streams.Remove(stream.Ids.Error);
            _streams.Remove(stream.Ids.Data);
        }
    }

    /// <summary>The stream of an id, which of its two streams that is, and whether others are open beside it.</summary>
    public (SpdyStream? Stream, bool IsError, bool Shared) Find(int id)
    {
        lock (_lock)
        {
            return _streams.TryGetValue(id, out var stream)
                ? (stream, id == stream.Ids.Error, _streams.Count > 2)
                : (null, false, false);
        }
    }

    /// <summary>Takes no stream any more.</summary>
    /// <returns>Those that were open.</returns>
    public IReadOnlyList<SpdyStream> Close()
    {
        lock (_lock)
        {
            _closed = true;
            return [.. _streams.Values.Distinct()];
        }
    }
}
