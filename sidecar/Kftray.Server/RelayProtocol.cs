using System.Buffers.Binary;
using System.Text;

namespace Kftray.Relay;

/// <summary>What a connection to the control port is for.</summary>
internal enum RelayKind : byte
{
    /// <summary>Each byte is echoed; it keeps the relay from ending for want of a client.</summary>
    Heartbeat = 1,

    /// <summary>The raw bytes of one connection to the target.</summary>
    Tcp = 2,

    /// <summary>One flow of datagrams, full duplex.</summary>
    Udp = 3,
}

/// <summary>How the relay answers a hello, and what it says about a flow later.</summary>
internal enum RelayStatus : byte
{
    Ok = 0,
    NameNotFound = 1,
    Refused = 2,
    Unreachable = 3,
    TimedOut = 4,

    /// <summary>The relay serves as many flows as it may.</summary>
    LimitReached = 5,

    /// <summary>The version is unknown, or the kind does not fit the relay's protocol.</summary>
    WrongProtocol = 6,
    Internal = 7,
}

/// <summary>What the four bytes before a payload announce.</summary>
internal enum RelayFrameKind
{
    /// <summary>A datagram of 0–<see cref="RelayProtocol.MaxDatagramLength"/> bytes.</summary>
    Datagram,

    /// <summary>A status of 3–<see cref="RelayProtocol.MaxStatusLength"/> bytes, only from the relay; the flow lives on.</summary>
    Control,

    /// <summary>A length that nobody may send: the stream is dead.</summary>
    Violation,
}

/// <summary>
/// What the relay and the sidecar say to each other on the control port; both compile this file. A connection begins with a hello from the
/// client, which waits for nothing before it sends payload; the relay answers with a status once it has reached the target (tcp: connected,
/// udp: resolved, heartbeat: at once), then come the relay's payload bytes. All numbers are big endian.
/// </summary>
internal static class RelayProtocol
{
    /// <summary>The control port where <c>CONTROL_PORT</c> does not say another. Relays without one refuse the connection.</summary>
    public const int DefaultControlPort = 40787;

    public const byte Version = 1;

    /// <summary>Magic, version, kind.</summary>
    public const int HelloLength = 8;

    /// <summary>Status, length of the text.</summary>
    public const int StatusHeaderLength = 3;

    /// <summary>In bytes of UTF-8.</summary>
    public const int MaxStatusTextLength = 1024;

    public const int MaxStatusLength = StatusHeaderLength + MaxStatusTextLength;

    /// <summary>The length of the payload that follows.</summary>
    public const int FrameHeaderLength = 4;

    /// <summary>What UDP over IPv4 can carry: 65,535 less 20 of IP and 8 of UDP.</summary>
    public const int MaxDatagramLength = 65_507;

    public const int MaxFrameLength = FrameHeaderLength + MaxDatagramLength;

    /// <summary>Set in the length of a frame from the relay that carries a status instead of a datagram.</summary>
    private const uint ControlBit = 0x8000_0000;

    private static ReadOnlySpan<byte> Magic => "KFTRAY"u8;

    /// <summary>The first <see cref="HelloLength"/> bytes of a connection.</summary>
    public static void WriteHello(Span<byte> destination, RelayKind kind)
    {
        Magic.CopyTo(destination);
        destination[6] = Version;
        destination[7] = (byte)kind;
    }

    /// <summary>False when the <see cref="HelloLength"/> bytes are none: another magic, another version, no such kind.</summary>
    public static bool TryReadHello(ReadOnlySpan<byte> hello, out RelayKind kind)
    {
        kind = (RelayKind)hello[7];
        return hello[..6].SequenceEqual(Magic) && hello[6] == Version && kind is >= RelayKind.Heartbeat and <= RelayKind.Udp;
    }

    /// <summary>Writes a status with as much of the text as fits <see cref="MaxStatusTextLength"/>.</summary>
    /// <returns>The number of bytes written, at most <see cref="MaxStatusLength"/>.</returns>
    public static int WriteStatus(Span<byte> destination, RelayStatus status, string text)
    {
        // Writes whole characters only.
        Encoding.UTF8.GetEncoder().Convert(text, destination.Slice(StatusHeaderLength, MaxStatusTextLength), flush: true, out _, out var length, out _);
        destination[0] = (byte)status;
        BinaryPrimitives.WriteUInt16BigEndian(destination[1..], (ushort)length);
        return StatusHeaderLength + length;
    }

    /// <summary>False when no relay sends such <see cref="StatusHeaderLength"/> bytes.</summary>
    /// <param name="header">The first <see cref="StatusHeaderLength"/> bytes of a status.</param>
    /// <param name="status">What the relay says. A later relay of the same version may say more: everything but ok is a refusal.</param>
    /// <param name="textLength">The bytes of UTF-8 that follow, 0–<see cref="MaxStatusTextLength"/>.</param>
    public static bool TryReadStatusHeader(ReadOnlySpan<byte> header, out RelayStatus status, out int textLength)
    {
        status = (RelayStatus)header[0];
        textLength = BinaryPrimitives.ReadUInt16BigEndian(header[1..]);
        return textLength <= MaxStatusTextLength;
    }

    /// <summary>The header of a frame that carries a datagram of <paramref name="length"/> bytes.</summary>
    public static void WriteFrameHeader(Span<byte> destination, int length) => BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)length);

    /// <summary>The frame that carries a status.</summary>
    /// <returns>The number of bytes written, at most <see cref="FrameHeaderLength"/> + <see cref="MaxStatusLength"/>.</returns>
    public static int WriteControlFrame(Span<byte> destination, RelayStatus status, string text)
    {
        var length = WriteStatus(destination[FrameHeaderLength..], status, text);
        BinaryPrimitives.WriteUInt32BigEndian(destination, ControlBit | (uint)length);
        return FrameHeaderLength + length;
    }

    /// <summary>What the first <see cref="FrameHeaderLength"/> bytes of a frame announce.</summary>
    public static RelayFrameKind ReadFrameHeader(ReadOnlySpan<byte> header, out int length)
    {
        var announced = BinaryPrimitives.ReadUInt32BigEndian(header);
        length = (int)(announced & ~ControlBit);
        if ((announced & ControlBit) == 0) return length <= MaxDatagramLength ? RelayFrameKind.Datagram : RelayFrameKind.Violation;
        return length is >= StatusHeaderLength and <= MaxStatusLength ? RelayFrameKind.Control : RelayFrameKind.Violation;
    }
}
