using System.Buffers;
using Kftray.Relay;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Datagrams;

/// <summary>
/// Takes datagrams out of a stream of frames, however it is cut into pieces. A frame that lies whole in a piece is not copied.
/// Each piece is given with <see cref="Feed"/> and read to its end with <see cref="TryRead"/>.
/// </summary>
internal sealed class DatagramReader : IDisposable
{
    private ReadOnlyMemory<byte> _piece;

    // The beginning of a frame whose rest has not come yet. Rented for a single frame.
    private byte[]? _partial;
    private int _partialCount;

    /// <summary>True between the first and the last byte of a frame.</summary>
    public bool IsInsideFrame => _partialCount > 0;

    /// <param name="piece">Valid until the next piece.</param>
    public void Feed(ReadOnlyMemory<byte> piece) => _piece = piece;

    /// <param name="payload">Valid until the next call.</param>
    /// <returns>False when the next piece is needed.</returns>
    /// <exception cref="EndOfConnectionException">A length that is none: the stream is dead.</exception>
    public bool TryRead(out ReadOnlyMemory<byte> payload)
    {
        payload = default;
        if (_partialCount > 0)
            return TryFinish(out payload);
        if (_partial is not null)
            ReturnPartial();
        if (_piece.Length >= RelayProtocol.FrameHeaderLength)
        {
            var whole = RelayProtocol.FrameHeaderLength + LengthOf(_piece.Span);
            if (_piece.Length >= whole)
            {
                payload = _piece[RelayProtocol.FrameHeaderLength..whole];
                _piece = _piece[whole..];
                return true;
            }
        }

        if (_piece.Length > 0)
        {
            _partial = ArrayPool<byte>.Shared.Rent(RelayProtocol.MaxFrameLength);
            Fill(_piece.Length);
        }

        return false;
    }

    public void Dispose() => ReturnPartial();

    private bool TryFinish(out ReadOnlyMemory<byte> payload)
    {
        payload = default;
        if (!FillTo(RelayProtocol.FrameHeaderLength))
            return false;
        var whole = RelayProtocol.FrameHeaderLength + LengthOf(_partial);
        if (!FillTo(whole))
            return false;
        payload = _partial.AsMemory(RelayProtocol.FrameHeaderLength, whole - RelayProtocol.FrameHeaderLength);
        _partialCount = 0;
        return true;
    }

    private bool FillTo(int count)
    {
        Fill(Math.Clamp(count - _partialCount, 0, _piece.Length));
        return _partialCount >= count;
    }

    private void Fill(int count)
    {
        _piece[..count].CopyTo(_partial.AsMemory(_partialCount));
        _partialCount += count;
        _piece = _piece[count..];
    }

    private void ReturnPartial()
    {
        if (_partial is not null)
            ArrayPool<byte>.Shared.Return(_partial);
        (_partial, _partialCount) = (null, 0);
    }

    private static int LengthOf(ReadOnlySpan<byte> header) =>
        RelayProtocol.ReadFrameHeader(header, out var length) == RelayFrameKind.Datagram
            ? length
            : throw new EndOfConnectionException("The relay sent something that is no datagram.");
}
