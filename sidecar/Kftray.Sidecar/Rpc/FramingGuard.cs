using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Kftray.Sidecar.Rpc;

/// <summary>
/// Follows the framing of the incoming bytes (headers, an empty line, <c>Content-Length</c> bytes; see the base protocol of LSP) and refuses what
/// is no message before anybody buffers it: the message handler itself would collect any length, and wait for ever for the end of a header.
/// </summary>
internal sealed class FramingGuard(int maxMessageBytes = FramingGuard.DefaultMaxMessageBytes)
{
    private const int DefaultMaxMessageBytes = 64 * 1024 * 1024;
    private const int MaxHeaderLineBytes = 256;
    private const int MaxHeaderLines = 16;

    private readonly byte[] _line = new byte[MaxHeaderLineBytes];
    private int _lineLength;
    private int _lines;
    private long? _contentLength;
    private long _contentLeft;

    /// <summary>Looks at the next bytes, however they were sliced.</summary>
    /// <exception cref="InvalidDataException">They belong to no message that is accepted; the sentence says why.</exception>
    public void Inspect(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_contentLeft > 0)
            {
                var skipped = (int)Math.Min(_contentLeft, bytes.Length);
                _contentLeft -= skipped;
                bytes = bytes[skipped..];
                continue;
            }

            var next = bytes[0];
            bytes = bytes[1..];
            if (next == '\n')
                EndLine();
            else if (_lineLength == MaxHeaderLineBytes)
                throw new InvalidDataException($"A header line is longer than {MaxHeaderLineBytes} bytes.");
            else
                _line[_lineLength++] = next;
        }
    }

    private void EndLine()
    {
        ReadOnlySpan<byte> line = _line.AsSpan(0, _lineLength);
        _lineLength = 0;
        if (line is not [.., (byte)'\r'])
            throw new InvalidDataException("A header line does not end with CR LF.");

        line = line[..^1];
        if (line.IsEmpty)
        {
            _contentLeft = _contentLength ?? throw new InvalidDataException("A message has no Content-Length.");
            _contentLength = null;
            _lines = 0;
            return;
        }

        if (++_lines > MaxHeaderLines)
            throw new InvalidDataException($"A message has more than {MaxHeaderLines} header lines.");

        var colon = line.IndexOf((byte)':');
        if (colon <= 0)
            throw new InvalidDataException("A header line has no name.");
        if (Ascii.EqualsIgnoreCase(line[..colon], "Content-Length"u8))
            _contentLength = ParseLength(line[(colon + 1)..].Trim((byte)' '));
    }

    private long ParseLength(ReadOnlySpan<byte> digits)
    {
        if (!Utf8Parser.TryParse(digits, out long length, out var consumed) || consumed != digits.Length || length <= 0)
            throw new InvalidDataException("A Content-Length is not a positive number.");
        return length <= maxMessageBytes
            ? length
            : throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture, $"A message of {length} bytes is larger than the {maxMessageBytes} bytes accepted."));
    }
}
