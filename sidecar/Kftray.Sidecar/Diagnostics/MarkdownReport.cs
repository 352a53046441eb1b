using System.Globalization;
using System.Text;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Diagnostics;

/// <summary>The report as Markdown. What comes from configs, clusters and processes is escaped: it formats nothing.</summary>
internal static class MarkdownReport
{
    private const string Special = "\\`*_[]|<>~&";

    public static string Write(Diagnosis diagnosis)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {Escape(diagnosis.Alias)}: {Escape(diagnosis.Target)}\n\n**{Escape(diagnosis.Verdict)}**\n");
        if (diagnosis.Fault is { Hint: { } hint })
            text.Append(CultureInfo.InvariantCulture, $"\n## What to do\n\n{Escape(hint)}\n");

        text.Append("\n## What was looked at\n\n| Check | Result | What was seen |\n|:--|:--|:--|\n");
        foreach (var check in diagnosis.Checks)
        {
            var remedy = check.Remedy is null || check.Remedy == diagnosis.Fault?.Hint ? "" : $" *{Escape(check.Remedy)}*";
            text.Append(CultureInfo.InvariantCulture, $"| {Escape(check.Title)} | {check.Result.Word()} | {Escape(check.Seen)}{remedy} |\n");
        }

        foreach (var check in diagnosis.Checks.Where(check => check.Details.Count > 0))
            text.Append(CultureInfo.InvariantCulture, $"\n### {Escape(check.Title)}\n\n```text\n{string.Join('\n', check.Details.Select(Fenced))}\n```\n");

        text.Append(CultureInfo.InvariantCulture, $"\nExamined in {diagnosis.Milliseconds / 1000:0.0} s. Nothing was changed in the cluster.\n");
        return text.ToString();
    }

    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text.ReplaceLineEndings(" "))
        {
            if (Special.Contains(c))
                escaped.Append('\\');
            escaped.Append(c);
        }

        return escaped.ToString();
    }

    // A fence ends a block wherever it comes from.
    private static string Fenced(string line) => line.Replace("```", "'''", StringComparison.Ordinal);
}
