using System.Buffers;
using System.Buffers.Binary;

namespace Kftray.Testing.PortForward;

/// <summary>Cuts the byte stream into frames. Header blocks are inflated here, because their order on the wire is the order of their zlib stream.</summary>
internal sealed class SpdyFrameReader(SpdyWire wire) : IDisposable
{
    private const int BufferSize = 128 * 1024;
    private const int SynStreamPrefix = 10;

    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private readonly SpdyHeaderReader _headers = new();
    private int _start;
    private int _end;

    /// <summary>The next frame, or null at the end of the session.</summary>
    /// <exception cref="InvalidDataException">No SPDY/3.</exception>
    public async ValueTask<SpdyFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        if (!await FillAsync(SpdyFrame.HeaderLength, cancellationToken)) return null;
        var (first, second) = ReadHeader();
        var (flags, length) = ((byte)(second >> 24), (int)(second & 0xFF_FFFF));
        var payload = length == 0 ? [] : ArrayPool<byte>.Shared.Rent(length);
        if (!await ReadPayloadAsync(payload.AsMemory(0, length), cancellationToken)) return null;
        if ((first & 0x8000_0000) == 0) return new SpdyFrame(SpdyFrameType.Data, first, flags, payload, length);
        if ((first >> 16) != 0x8003) throw new InvalidDataException($"a frame of version {(first >> 16) & 0x7fff}");
        var type = (SpdyFrameType)(first & 0xFFFF);
        var id = length >= 4 ? BinaryPrimitives.ReadUInt32BigEndian(payload) & 0x7FFF_FFFF : 0;
        var frame = new SpdyFrame(type, id, flags, payload, length);
        return type == SpdyFrameType.SynStream ? frame with { Headers = _headers.Read(payload, SynStreamPrefix, length - SynStreamPrefix) } : frame;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private (uint First, uint Second) ReadHeader()
    {
        var header = _buffer.AsSpan(_start, SpdyFrame.HeaderLength);
        _start += SpdyFrame.HeaderLength;
        return (BinaryPrimitives.ReadUInt32BigEndian(header), BinaryPrimitives.ReadUInt32BigEndian(header[4..]));
    }

    private async ValueTask<bool> ReadPayloadAsync(Memory<byte> payload, CancellationToken cancellationToken)
    {
        while (payload.Length > 0)
        {
            if (_start < _end)
            {
                var count = Math.Min(payload.Length, _end - _start);
                _buffer.AsMemory(_start, count).CopyTo(payload);
                _start += count;
                payload = payload[count..];
            }
            else if (!await FillAsync(1, cancellationToken))
            {
                return false;
            }
        }

        return true;
    }

    private async ValueTask<bool> FillAsync(int needed, CancellationToken cancellationToken)
    {
        while (_end - _start < needed)
        {
            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }

            var count = await wire.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (count == 0) return false;
            _end += count;
        }

        return true;
    }
}
