using System.Buffers;
using System.Buffers.Binary;

namespace Kftray.Testing.PortForward;

/// <summary>The frames of SPDY/3.1 that port-forward uses, by their type on the wire; data frames have none there.</summary>
internal enum SpdyFrameType
{
    Data = 0,
    SynStream = 1,
    SynReply = 2,
    RstStream = 3,
    Settings = 4,
    Ping = 6,
    GoAway = 7,
    Headers = 8,
    WindowUpdate = 9,
}

/// <summary>One frame as it was read. A data frame's payload is a pooled buffer that the last reader gives back.</summary>
/// <param name="Id">The stream's id, or a ping's.</param>
internal readonly record struct SpdyFrame(SpdyFrameType Type, uint Id, byte Flags, byte[] Buffer, int Length)
{
    public const int HeaderLength = 8;
    public const byte FlagFin = 0x01;

    /// <summary>RST_STREAM status codes.</summary>
    public const uint ProtocolError = 1;
    public const uint Cancel = 5;

    public bool IsFin => (Flags & FlagFin) != 0;

    public ReadOnlyMemory<byte> Payload => Buffer.AsMemory(0, Length);

    /// <summary>Only for <see cref="SpdyFrameType.SynStream"/>.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    public void Return()
    {
        if (Buffer.Length > 0) ArrayPool<byte>.Shared.Return(Buffer);
    }

    public static void WriteControlHeader(Span<byte> header, SpdyFrameType type, byte flags, int length)
    {
        BinaryPrimitives.WriteUInt32BigEndian(header, 0x8003_0000 | (uint)type);
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], ((uint)flags << 24) | (uint)length);
    }

    public static void WriteDataHeader(Span<byte> header, uint streamId, byte flags, int length)
    {
        BinaryPrimitives.WriteUInt32BigEndian(header, streamId);
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], ((uint)flags << 24) | (uint)length);
    }
}
