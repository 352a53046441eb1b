using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Workspace;
using Xunit;

namespace Kftray.Sidecar.Tests.Workspace;

/// <summary>Whatever the text is, reading it ends, throws nothing, and speaks of places that exist.</summary>
public sealed class AnyTextTests
{
    private const string Sample =
        """
        // é 🚀
        { "version": 1, "defaults": { "namespace": "shop", "hold_seconds": 1.5 },
          "forwards": [ { "alias": "a🚀", "service": "web", "local_port": 80, "remote_port": "http", "relay": { "labels": {} } }, [], ] }
        """;

    [Fact]
    public void Read_OfAnyBytes_EndsWithPlacesInsideTheText() =>
        Prop.ForAll<byte[]>(bytes => PlacesAreInside(Encoding.UTF8.GetString(bytes ?? []))).QuickCheckThrowOnFailure();

    [Fact]
    public void Read_OfAnyString_EndsWithPlacesInsideTheText() =>
        Prop.ForAll<string>(text => PlacesAreInside(text ?? "")).QuickCheckThrowOnFailure();

    [Fact]
    public void Read_OfAConfigWithOnePartReplaced_EndsWithPlacesInsideTheText() =>
        Prop.ForAll(Edits().ToArbitrary(), PlacesAreInside).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    private static Gen<string> Edits() =>
        from start in Gen.Choose(0, Sample.Length)
        from length in Gen.Choose(0, 12)
        from inserted in Gen.Elements("", "\"", "{", "}", "[", "]", ",", ":", "null", "-1", "1e999", "\"\\ud800\"", "\n", "\r", "/*", "🚀", "\"forwards\": 0,")
        select Sample[..start] + inserted + Sample[Math.Min(start + length, Sample.Length)..];

    private static void PlacesAreInside(string text)
    {
        var model = Documents.Read(Documents.Shared(text));

        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Split('\n');
        foreach (TextRange range in model.Problems.Select(p => p.Range).Concat(model.Ranges.Select(r => r.Range)))
        {
            AssertInside(lines, range.StartLine, range.StartColumn);
            AssertInside(lines, range.EndLine, range.EndColumn);
            Assert.True((range.StartLine, range.StartColumn).CompareTo((range.EndLine, range.EndColumn)) <= 0);
        }
    }

    private static void AssertInside(string[] lines, int line, int column)
    {
        Assert.InRange(line, 0, lines.Length - 1);
        Assert.InRange(column, 0, lines[line].Length);
    }
}
