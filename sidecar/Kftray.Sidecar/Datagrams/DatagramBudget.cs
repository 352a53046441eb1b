namespace Kftray.Sidecar.Datagrams;

/// <summary>Bytes that queues may hold together, so that many stalled flows cannot take all memory.</summary>
internal sealed class DatagramBudget(long limit)
{
    private long _taken;

    /// <returns>False when that would be too much; nothing is taken then.</returns>
    public bool TryTake(int bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= limit)
            return true;
        Interlocked.Add(ref _taken, -bytes);
        return false;
    }

    public void Return(int bytes) => Interlocked.Add(ref _taken, -bytes);
}
