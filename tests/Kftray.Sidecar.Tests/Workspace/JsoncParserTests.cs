using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Workspace;
using Xunit;

namespace Kftray.Sidecar.Tests.Workspace;

public sealed class JsoncParserTests
{
    [Fact]
    public void Parse_WithCommentsAndTrailingCommas_ReadsTheValues()
    {
        (ConfigNode? root, SyntaxError? error) = JsoncParser.Parse("// hello\n{ /* a */ \"a\": [1, true, null,], }\n// bye");

        Assert.Null(error);
        var items = Assert.IsType<ArrayNode>(Assert.IsType<ObjectNode>(root).Find("a")!.Value).Items;
        Assert.Equal(1, Assert.IsType<NumberNode>(items[0]).Value);
        Assert.True(Assert.IsType<BooleanNode>(items[1]).Value);
        Assert.IsType<NullNode>(items[2]);
    }

    [Theory]
    [InlineData("{\"a\": 12}", 0, 6, 0, 8)]
    [InlineData("{\n  \"a\":\n    \"text\"\n}", 2, 4, 2, 10)]
    [InlineData("{\r\n\r\n  \"a\": true}", 2, 7, 2, 11)]
    [InlineData("{\r  \"a\": true}", 1, 7, 1, 11)]
    [InlineData("{\"é\": 0, \"🚀\": \"🚀\", \"a\": 1}", 0, 26, 0, 27)]
    [InlineData("\uFEFF{\"a\": 1}", 0, 7, 0, 8)]
    [InlineData("{\"a\": {\n }}", 0, 6, 1, 2)]
    [InlineData("{\"a\": \"\\u0041\\\"\"}", 0, 6, 0, 16)]
    public void Parse_OfAValue_KnowsItsPlaceInUtf16(string text, int startLine, int startColumn, int endLine, int endColumn)
    {
        (ConfigNode? root, _) = JsoncParser.Parse(text);

        Assert.Equal(new TextRange(startLine, startColumn, endLine, endColumn), Assert.IsType<ObjectNode>(root).Find("a")!.Value.Range);
    }

    [Theory]
    [InlineData("{\"a\": }", 0, 6)]
    [InlineData("{\n  \"a\": 1\n  \"b\": 2\n}", 2, 2)]
    [InlineData("{\"🚀\": oops}", 0, 7)]
    [InlineData("{\"a\": 1} x", 0, 9)]
    [InlineData("[1, 2", 0, 5)]
    [InlineData("[\"a\r\n\"]", 0, 3)]
    public void Parse_OfBrokenText_SaysWhere(string text, int line, int column)
    {
        (ConfigNode? root, SyntaxError? error) = JsoncParser.Parse(text);

        Assert.Null(root);
        Assert.Equal((line, column), (error!.Range.StartLine, error.Range.StartColumn));
        Assert.Equal(line, error.Range.EndLine);
        Assert.DoesNotContain("LineNumber", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_OfHalfASurrogatePair_IsAnError() => Assert.NotNull(JsoncParser.Parse("{\"a\": \"\\ud800\"}").Error);

    [Fact]
    public void Parse_OfVeryDeepText_IsAnError() => Assert.NotNull(JsoncParser.Parse(new string('[', 100_000)).Error);
}
