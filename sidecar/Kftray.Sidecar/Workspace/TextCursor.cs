namespace Kftray.Sidecar.Workspace;

/// <summary>
/// Turns byte offsets of a UTF-8 text into the editor's positions: lines from 0, columns in UTF-16 units. Made for going forward, so that a
/// whole document costs one pass even when it is a single line.
/// </summary>
internal ref struct TextCursor(ReadOnlySpan<byte> text)
{
    private readonly ReadOnlySpan<byte> _text = text;
    private int _offset;
    private int _line;
    private int _column;

    /// <param name="offset">Beyond the end means the end.</param>
    public (int Line, int Column) MoveTo(int offset)
    {
        if (offset < _offset)
            (_offset, _line, _column) = (0, 0, 0);

        for (int end = Math.Min(offset, _text.Length); _offset < end; _offset++)
            Pass(_text[_offset]);

        return (_line, _column);
    }

    private void Pass(byte unit)
    {
        // As the editor does, a lone carriage return ends a line too. One before a line feed belongs to it and takes no column.
        var feedFollows = _offset + 1 < _text.Length && _text[_offset + 1] == (byte)'\n';
        if (unit == (byte)'\r' && feedFollows)
            return;

        if (unit is (byte)'\n' or (byte)'\r')
        {
            _line++;
            _column = 0;
            return;
        }

        var continuation = (unit & 0xC0) == 0x80;
        var surrogatePair = unit >= 0xF0;
        _column += continuation ? 0 : surrogatePair ? 2 : 1;
    }
}
