using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Kftray.Sidecar.PortForward.Spdy;

/// <summary>
/// Writes the header blocks of SYN_STREAM without a compressor. SPDY wants one zlib stream for all blocks of a session; stored deflate
/// blocks are legal in it and need neither a dictionary nor state, so a block is its bytes plus ten.
/// </summary>
internal static class SpdyHeaderBlock
{
    /// <summary>zlib: deflate with a 32 KiB window, fastest, no dictionary. Sent once, before the first block of a session.</summary>
    private static ReadOnlySpan<byte> ZlibHeader => [0x78, 0x01];

    /// <summary>An empty stored block. Go's inflater releases its output only here.</summary>
    private static ReadOnlySpan<byte> SyncMarker => [0x00, 0x00, 0x00, 0xFF, 0xFF];

    /// <summary>Appends the compressed block of a port-forward stream.</summary>
    /// <param name="first">True for the first block of the session.</param>
    /// <param name="headers">Names in lower case; together far below the 65,535 bytes of one stored block.</param>
    public static void Write(IBufferWriter<byte> output, bool first, params ReadOnlySpan<(string Name, string Value)> headers)
    {
        var length = sizeof(int);
        foreach (var (name, value) in headers)
            length += 2 * sizeof(int) + Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value);

        if (first)
            output.Write(ZlibHeader);

        // A stored block: 00 (not final, stored), length, its complement, both little endian (RFC 1951 §3.2.4).
        var stored = output.GetSpan(5);
        stored[0] = 0x00;
        BinaryPrimitives.WriteUInt16LittleEndian(stored[1..], checked((ushort)length));
        BinaryPrimitives.WriteUInt16LittleEndian(stored[3..], (ushort)~length);
        output.Advance(5);

        WriteInt32(output, headers.Length);
        foreach (var (name, value) in headers)
        {
            WriteString(output, name);
            WriteString(output, value);
        }

        output.Write(SyncMarker);
    }

    private static void WriteString(IBufferWriter<byte> output, string text)
    {
        WriteInt32(output, Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, output);
    }

    private static void WriteInt32(IBufferWriter<byte> output, int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(sizeof(int)), value);
        output.Advance(sizeof(int));
    }
}
