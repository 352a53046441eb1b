using System.Globalization;
using System.Text;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Tests.Generated;

/// <summary>README's chapter on what can go wrong, from the catalog of faults: between two marks, everything else stays as it is.</summary>
internal static class TroubleshootingChapter
{
    private const string Begin = "<!-- Troubleshooting: generated from the catalog of faults; `npm run generate` rewrites it. -->";
    private const string End = "<!-- /Troubleshooting -->";

    public static string InsertInto(string readme)
    {
        var begin = readme.IndexOf(Begin, StringComparison.Ordinal);
        var end = readme.IndexOf(End, StringComparison.Ordinal);
        return begin < 0 || end < begin
            ? throw new InvalidOperationException($"README.md has no place for the chapter: {Begin} and {End}.")
            : $"{readme[..begin]}{Begin}\n\n{Write()}\n{readme[end..]}";
    }

    private static string Write()
    {
        var text = new StringBuilder("| what you see | what is usually behind it | what to do |\n|---|---|---|\n");
        foreach (var entry in Enum.GetValues<FaultKind>().Select(FaultCatalog.Of).OrderBy(entry => entry.Link))
            text.Append(CultureInfo.InvariantCulture, $"| {entry.Title} | {entry.Cause} | {entry.Remedy} |\n");
        return text.ToString();
    }
}
