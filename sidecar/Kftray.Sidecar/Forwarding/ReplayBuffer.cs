using System.Buffers;

namespace Kftray.Sidecar.Forwarding;

/// <summary>
/// The client's first bytes, kept until the pod's first byte. While they are all here, a pod that provably got nothing can be replaced by
/// another and the client never knows. One direction of the connection appends while the other may give up.
/// </summary>
internal sealed class ReplayBuffer : IDisposable
{
    /// <summary>A request's head and a good part of a body. More is not worth the memory of every connection.</summary>
    public const int Limit = 64 * 1024;

    private readonly Lock _lock = new();

    // Guarded by _lock: an array that went back to the pool belongs to somebody else.
    private byte[]? _bytes;
    private int _count;
    private volatile bool _isComplete = true;

    /// <summary>False once bytes were given up: from then on a failure is the client's to see.</summary>
    public bool IsComplete => _isComplete;

    /// <summary>What was kept. Only while neither direction runs.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, _count);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (!_isComplete)
            return;
        lock (_lock)
        {
            if (bytes.Length > Limit - _count)
                _isComplete = false;
            if (!_isComplete)
            {
                Release();
                return;
            }

            if (_bytes is null || _bytes.Length - _count < bytes.Length)
                Grow(_count + bytes.Length);
            bytes.CopyTo(_bytes.AsSpan(_count));
            _count += bytes.Length;
        }
    }

    /// <summary>The pod has spoken.</summary>
    public void GiveUp()
    {
        if (!_isComplete)
            return;
        lock (_lock)
        {
            _isComplete = false;
            Release();
        }
    }

    public void Dispose()
    {
        lock (_lock)
            Release();
    }

    private void Release()
    {
        if (_bytes is not null)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = null;
        _count = 0;
    }

    private void Grow(int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, 1024));
        _bytes.AsSpan(0, _count).CopyTo(larger);
        if (_bytes is not null)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
