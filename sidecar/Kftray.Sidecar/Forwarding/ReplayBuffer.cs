using System.Buffers;

namespace Kftray.Sidecar.Forwarding;

/// <summary>
/// The client's first bytes, kept until the pod's first byte. While they are all here, a pod that provably got nothing can be replaced by
/// another and the client never knows.
/// </summary>
internal sealed class ReplayBuffer : IDisposable
{
    /// <summary>A request's head and a good part of a body. More is not worth the memory of every connection.</summary>
    public const int Limit = 64 * 1024;

    private byte[]? _bytes;
    private int _count;

    /// <summary>False once bytes were given up: from then on a failure is the client's to see.</summary>
    public bool IsComplete { get; private set; } = true;

    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, _count);

    /// <summary>Room that is left; 0 when nothing more can be kept.</summary>
    public int Room => IsComplete ? Limit - _count : 0;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (!IsComplete)
            return;
        if (bytes.Length > Limit - _count)
        {
            GiveUp();
            return;
        }

        if (_bytes is null || _bytes.Length - _count < bytes.Length)
            Grow(_count + bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_count));
        _count += bytes.Length;
    }

    /// <summary>The pod has spoken, or there was too much to keep.</summary>
    public void GiveUp()
    {
        IsComplete = false;
        Dispose();
    }

    public void Dispose()
    {
        if (_bytes is not null)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = null;
        _count = 0;
    }

    private void Grow(int needed)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, 1024));
        Bytes.Span.CopyTo(larger);
        if (_bytes is not null)
            ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
