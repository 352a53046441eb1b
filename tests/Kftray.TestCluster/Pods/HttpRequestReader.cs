using System.Buffers;
using System.Globalization;
using System.Text;

namespace Kftray.Testing.Pods;

/// <summary>Reads HTTP/1.1 requests from a connection: the head as text, the body as a stream of pieces, both from one pooled buffer.</summary>
internal sealed class HttpRequestReader(PodConnection connection, CancellationToken stopping) : IDisposable
{
    private const int BufferSize = 128 * 1024;

    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int _start;
    private int _end;
    private long _bodyLeft;
    private bool _isChunked;

    public string Method { get; private set; } = "";

    public string Path { get; private set; } = "";

    public bool KeepsAlive { get; private set; }

    public bool ExpectsContinue { get; private set; }

    /// <summary>Of the body; null when it comes in chunks.</summary>
    public long? ContentLength { get; private set; }

    /// <summary>Reads the next head. False at the end of the connection, or when what came is no HTTP.</summary>
    public async ValueTask<bool> ReadHeadAsync()
    {
        int length;
        while ((length = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (!await FillAsync()) return false;
        }

        var lines = Encoding.Latin1.GetString(_buffer, _start, length).Split("\r\n");
        _start += length + 4;
        if (lines[0].Split(' ') is not [var method, var path, var version]) return false;
        (Method, Path) = (method, path);
        ReadFields(lines.AsSpan(1), isVersion11: version == "HTTP/1.1");
        return true;
    }

    /// <summary>The next piece of the body, empty at its end. Valid until the next call.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadBodyAsync()
    {
        if (_isChunked && _bodyLeft == 0) _bodyLeft = await ReadChunkSizeAsync();
        if (_bodyLeft == 0)
        {
            _isChunked = false;
            return default;
        }

        if (_start == _end && !await FillAsync()) return default;
        var count = (int)Math.Min(_bodyLeft, _end - _start);
        var piece = _buffer.AsMemory(_start, count);
        _start += count;
        _bodyLeft -= count;
        // The line break behind the chunk belongs to the next size.
        return piece;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private void ReadFields(ReadOnlySpan<string> lines, bool isVersion11)
    {
        (KeepsAlive, ExpectsContinue, _isChunked, _bodyLeft) = (isVersion11, false, false, 0);
        foreach (var line in lines)
        {
            if (line.Split(':', 2, StringSplitOptions.TrimEntries) is not [var name, var value]) continue;
            switch (name.ToLowerInvariant())
            {
                case "connection":
                    KeepsAlive = value.Contains("keep-alive", StringComparison.OrdinalIgnoreCase)
                        || (isVersion11 && !value.Contains("close", StringComparison.OrdinalIgnoreCase));
                    break;
                case "content-length":
                    _bodyLeft = long.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture);
                    break;
                case "transfer-encoding":
                    _isChunked = value.Contains("chunked", StringComparison.OrdinalIgnoreCase);
                    break;
                case "expect":
                    ExpectsContinue = true;
                    break;
            }
        }

        ContentLength = _isChunked ? null : _bodyLeft;
    }

    private async ValueTask<long> ReadChunkSizeAsync()
    {
        while (true)
        {
            var length = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8);
            if (length < 0)
            {
                if (!await FillAsync()) return 0;
                continue;
            }

            var line = Encoding.ASCII.GetString(_buffer, _start, length);
            _start += length + 2;
            // Empty: the end of the chunk before.
            if (line.Length == 0) continue;
            var size = long.Parse(line.Split(';')[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            // The last chunk's own line break (trailers are not expected).
            if (size == 0) await SkipLineAsync();
            return size;
        }
    }

    private async ValueTask SkipLineAsync()
    {
        while (_end - _start < 2)
        {
            if (!await FillAsync()) return;
        }

        _start += 2;
    }

    private async ValueTask<bool> FillAsync()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length) return false;
        var count = await connection.ReceiveAsync(_buffer.AsMemory(_end), stopping);
        _end += count;
        return count > 0;
    }
}
