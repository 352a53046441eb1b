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

    public Traffic Read() => new(
        Interlocked.Read(ref _bytesIn), Interlocked.Read(ref _bytesOut), Volatile.Read(ref _open), Interlocked.Read(ref _total), Volatile.Read(ref _held));

    public void Opened()
    {
        Interlocked.Increment(ref _open);
        Interlocked.Increment(ref _total);
        onChanged();
    }

    public void Closed()
    {
        Interlocked.Decrement(ref _open);
        onChanged();
    }

    public void Held(int change)
    {
        Interlocked.Add(ref _held, change);
        onChanged();
    }

    public void FromPod(int bytes)
    {
        Interlocked.Add(ref _bytesIn, bytes);
        onChanged();
    }

    public void ToPod(int bytes)
    {
        Interlocked.Add(ref _bytesOut, bytes);
        onChanged();
    }
}
