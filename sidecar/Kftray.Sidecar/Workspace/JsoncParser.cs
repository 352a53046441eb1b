using System.Text;
using System.Text.Json;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Workspace;

/// <summary>JSON with comments and trailing commas, read into a tree that keeps positions.</summary>
internal ref struct JsoncParser
{
    private static readonly JsonReaderOptions Options = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    private readonly ReadOnlySpan<byte> _text;
    private readonly int _start;
    private TextCursor _cursor;
    private Utf8JsonReader _reader;

    private JsoncParser(ReadOnlySpan<byte> text)
    {
        _text = text;
        _start = text.StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        _cursor = new TextCursor(text);
        _reader = new Utf8JsonReader(text[_start..], Options);
    }

    /// <returns>The root, or where and why the text is not JSON.</returns>
    public static (ConfigNode? Root, SyntaxError? Error) Parse(string text)
    {
        var parser = new JsoncParser(Encoding.UTF8.GetBytes(text));
        try
        {
            parser._reader.Read();
            var root = parser.ReadValue();

            // Throws when something follows the root.
            parser._reader.Read();
            return (root, null);
        }
        catch (JsonException e)
        {
            return (null, parser.ErrorFrom(e));
        }
        catch (InvalidOperationException)
        {
            // A string with half a surrogate pair: valid JSON, but no text.
            return (null, new SyntaxError(parser.TokenRange(), "The string holds an incomplete character (half a surrogate pair)."));
        }
    }

    private ConfigNode ReadValue() => _reader.TokenType switch
    {
        JsonTokenType.StartObject => ReadObject(),
        JsonTokenType.StartArray => ReadArray(),
        JsonTokenType.String => new StringNode(TokenRange(), _reader.GetString()!),
        JsonTokenType.Number => new NumberNode(TokenRange(), _reader.GetDouble()),
        JsonTokenType.True => new BooleanNode(TokenRange(), true),
        JsonTokenType.False => new BooleanNode(TokenRange(), false),
        _ => new NullNode(TokenRange()),
    };

    private ObjectNode ReadObject()
    {
        var start = TokenRange();
        var members = new List<ConfigMember>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var keyRange = TokenRange();
            var key = _reader.GetString()!;
            _reader.Read();
            members.Add(new ConfigMember(key, keyRange, ReadValue()));
        }

        return new ObjectNode(Join(start, TokenRange()), members);
    }

    private ArrayNode ReadArray()
    {
        var start = TokenRange();
        var items = new List<ConfigNode>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            items.Add(ReadValue());
        }

        return new ArrayNode(Join(start, TokenRange()), items);
    }

    private TextRange TokenRange()
    {
        var quotes = _reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName ? 2 : 0;
        var start = _start + (int)_reader.TokenStartIndex;
        return Range(start, start + _reader.ValueSpan.Length + quotes);
    }

    private TextRange Range(int start, int end)
    {
        (int startLine, int startColumn) = _cursor.MoveTo(start);
        (int endLine, int endColumn) = _cursor.MoveTo(end);
        return new TextRange(startLine, startColumn, endLine, endColumn);
    }

    private static TextRange Join(TextRange first, TextRange last) =>
        first with { EndLine = last.EndLine, EndColumn = last.EndColumn };

    private SyntaxError ErrorFrom(JsonException exception)
    {
        var offset = OffsetOf(exception.LineNumber ?? 0, exception.BytePositionInLine ?? 0);
        var message = exception.Message;
        var place = message.IndexOf(" LineNumber: ", StringComparison.Ordinal);
        return new SyntaxError(Range(offset, offset + 1), $"Not valid JSON: {(place < 0 ? message : message[..place])}");
    }

    /// <summary>The reader counts a line at every line feed, and bytes within it.</summary>
    private readonly int OffsetOf(long line, long byteInLine)
    {
        var offset = _start;
        for (long i = 0; i < line && _text[offset..].IndexOf((byte)'\n') is >= 0 and int feed; i++)
            offset += feed + 1;

        return (int)Math.Min(offset + byteInLine, _text.Length);
    }
}

internal sealed record SyntaxError(TextRange Range, string Message);
