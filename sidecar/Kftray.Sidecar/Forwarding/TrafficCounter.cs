using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Forwarding;

/// <summary>Counts what one forward carries. Written by its connections, read by the feed.</summary>
internal sealed class TrafficCounter(Action onChanged)
{
    private long _bytesIn;
    private long _bytesOut;
    private long _total;
    private int _open;
    private int _held;

    // 1 from the first change after a read: a transfer of a gigabyte tells the feed twice a second, not for every chunk.
    private int _dirty;

    public Traffic Read()
    {
        Volatile.Write(ref _dirty, 0);
        return new Traffic(
            Interlocked.Read(ref _bytesIn),
            Interlocked.Read(ref _bytesOut),
            Volatile.Read(ref _open),
            Interlocked.Read(ref _total),
            Volatile.Read(ref _held));
    }

    public void Opened()
    {
        Interlocked.Increment(ref _open);
        Interlocked.Increment(ref _total);
        MarkDirty();
    }

    public void Closed()
    {
        Interlocked.Decrement(ref _open);
        MarkDirty();
    }

    public void Held(int change)
    {
        Interlocked.Add(ref _held, change);
        MarkDirty();
    }

    public void FromPod(int bytes)
    {
        Interlocked.Add(ref _bytesIn, bytes);
        MarkDirty();
    }

    public void ToPod(int bytes)
    {
        Interlocked.Add(ref _bytesOut, bytes);
        MarkDirty();
    }

    private void MarkDirty()
    {
        if (Volatile.Read(ref _dirty) == 0 && Interlocked.Exchange(ref _dirty, 1) == 0)
            onChanged();
    }
}
