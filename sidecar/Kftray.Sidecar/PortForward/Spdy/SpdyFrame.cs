using System.Buffers.Binary;

namespace Kftray.Sidecar.PortForward.Spdy;

/// <summary>Types of SPDY/3.1 control frames that Kubernetes uses.</summary>
internal enum SpdyControl : ushort
{
    SynStream = 1,
    SynReply = 2,
    RstStream = 3,
    Settings = 4,
    Ping = 6,
    GoAway = 7,
    Headers = 8,
    WindowUpdate = 9,
}

/// <summary>Status words of RST_STREAM.</summary>
internal enum SpdyStatus : uint
{
    ProtocolError = 1,
    InvalidStream = 2,
    RefusedStream = 3,
    Cancel = 5,
    InternalError = 6,
}

/// <summary>
/// The eight bytes before every SPDY/3.1 frame. All integers are big endian.
/// <code>
/// control  1|version 3 (15) | type (16) | flags (8) | length (24)
/// data     0|stream id (31)             | flags (8) | length (24)
/// </code>
/// Source: https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/ §2.2.
/// </summary>
internal readonly record struct SpdyFrameHeader(bool IsControl, SpdyControl Type, int StreamId, byte Flags, int Length)
{
    public const int Size = 8;

    public const byte FlagFin = 0x01;

    /// <summary>24 bits of length.</summary>
    public const int MaxLength = 0xFF_FFFF;

    public bool IsFin => (Flags & FlagFin) != 0;

    public static SpdyFrameHeader Parse(ReadOnlySpan<byte> bytes)
    {
        var first = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        var second = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
        var isControl = (first & 0x8000_0000) != 0;
        return new SpdyFrameHeader(
            isControl,
            isControl ? (SpdyControl)(first & 0xFFFF) : default,
            isControl ? 0 : (int)first,
            (byte)(second >> 24),
            (int)(second & MaxLength));
    }

    public static void WriteData(Span<byte> destination, int streamId, byte flags, int length)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)streamId);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], ((uint)flags << 24) | (uint)length);
    }

    public static void WriteControl(Span<byte> destination, SpdyControl type, byte flags, int length)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, 0x8003_0000 | (uint)type);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], ((uint)flags << 24) | (uint)length);
    }
}
