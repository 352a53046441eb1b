namespace Kftray.Relay;

/// <summary>
/// The memory through which all payload goes. A flow borrows a chunk while bytes are on their way and has none while it waits, so that a
/// thousand idle flows cost next to nothing; when all are lent, the next to ask waits.
/// </summary>
internal sealed class ChunkPool
{
    /// <summary>Room for the largest frame twice: while less than one is free in a chunk there is still one's worth to send.</summary>
    public const int ChunkSize = 128 * 1024;

    /// <summary>32 MiB in all.</summary>
    private const int MostLent = 256;

    /// <summary>The rest goes back to the collector, so that a burst does not stay resident.</summary>
    private const int MostKept = 8;

    private readonly SemaphoreSlim _allowance = new(MostLent);
    private readonly Stack<byte[]> _kept = new(MostKept);

    public async ValueTask<byte[]> RentAsync(CancellationToken stopping)
    {
        await _allowance.WaitAsync(stopping);
        lock (_kept)
        {
            if (_kept.TryPop(out var chunk))
                return chunk;
        }

        return GC.AllocateUninitializedArray<byte>(ChunkSize);
    }

    public void Return(byte[] chunk)
    {
        lock (_kept)
        {
            if (_kept.Count < MostKept)
                _kept.Push(chunk);
        }

        _allowance.Release();
    }
}
