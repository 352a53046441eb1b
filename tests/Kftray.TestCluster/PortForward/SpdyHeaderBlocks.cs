using System.Buffers.Binary;
using System.Text;
using ICSharpCode.SharpZipLib.Zip.Compression;

namespace Kftray.Testing.PortForward;

/// <summary>Reads header blocks: all blocks of one direction are one zlib stream, with the SPDY dictionary or without.</summary>
internal sealed class SpdyHeaderReader
{
    private const int MaxLength = 64 * 1024;

    private readonly Inflater _inflater = new();

    /// <exception cref="InvalidDataException">No header block.</exception>
    public IReadOnlyDictionary<string, string> Read(byte[] block, int start, int count)
    {
        try
        {
            return Parse(Inflate(block, start, count));
        }
        catch (Exception e) when (e is ICSharpCode.SharpZipLib.SharpZipBaseException or ArgumentOutOfRangeException)
        {
            throw new InvalidDataException("a SPDY header block could not be read", e);
        }
    }

    private byte[] Inflate(byte[] block, int start, int count)
    {
        _inflater.SetInput(block, start, count);
        var output = new byte[MaxLength];
        var length = 0;
        while (length < output.Length)
        {
            var inflated = _inflater.Inflate(output, length, output.Length - length);
            length += inflated;
            if (inflated > 0) continue;
            if (!_inflater.IsNeedingDictionary) break;
            _inflater.SetDictionary(SpdyDictionary.Bytes);
        }

        return output[..length];
    }

    private static Dictionary<string, string> Parse(ReadOnlySpan<byte> text)
    {
        var headers = new Dictionary<string, string>();
        var count = TakeLength(ref text);
        for (var i = 0; i < count; i++)
        {
            var name = TakeText(ref text);
            headers[name.ToLowerInvariant()] = TakeText(ref text);
        }

        return headers;
    }

    private static string TakeText(ref ReadOnlySpan<byte> text)
    {
        var length = TakeLength(ref text);
        var value = Encoding.ASCII.GetString(text[..length]);
        text = text[length..];
        return value;
    }

    private static int TakeLength(ref ReadOnlySpan<byte> text)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(text);
        text = text[4..];
        return length;
    }
}

/// <summary>
/// Writes header blocks, which are always empty here: a count of 0 in one stored deflate block and the marker of a sync flush, behind
/// the zlib header when it is the first of the session.
/// </summary>
internal sealed class SpdyHeaderWriter
{
    private static readonly byte[] ZlibHeader = [0x78, 0x01];
    private static readonly byte[] EmptyBlock = [0x00, 0x04, 0x00, 0xFB, 0xFF, 0, 0, 0, 0, 0x00, 0x00, 0x00, 0xFF, 0xFF];

    private bool _hasBegun;

    public byte[] NextEmpty()
    {
        if (_hasBegun) return EmptyBlock;
        _hasBegun = true;
        return [.. ZlibHeader, .. EmptyBlock];
    }
}
