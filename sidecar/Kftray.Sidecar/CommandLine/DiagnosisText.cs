using System.Globalization;
using System.Text;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.CommandLine;

/// <summary>A diagnosis for a terminal of 80 columns.</summary>
internal static class DiagnosisText
{
    private const int Columns = 80;
    private const int ResultColumns = 9;
    private const int TitleColumns = 16;

    public static string Write(Diagnosis diagnosis)
    {
        var text = new StringBuilder();
        Paragraph(text, "", "", $"{diagnosis.Alias}: {diagnosis.Target}");
        text.Append('\n');
        Paragraph(text, "", "", diagnosis.Verdict);
        if (diagnosis.Fault is { Hint: { } hint })
            Paragraph(text, "What to do: ", "  ", hint);
        text.Append('\n');

        var indent = new string(' ', ResultColumns + TitleColumns);
        foreach (var check in diagnosis.Checks)
        {
            Paragraph(text, $"{check.Result.Word(),-ResultColumns}{check.Title,-TitleColumns}", indent, check.Seen);
            if (check.Remedy is { } remedy && remedy != diagnosis.Fault?.Hint)
                Paragraph(text, $"{indent}-> ", $"{indent}   ", remedy);
        }

        foreach (var check in diagnosis.Checks.Where(check => check.Details.Count > 0))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{check.Title}:\n");
            foreach (var line in check.Details)
                Paragraph(text, "  ", new string(' ', 4 + line.TakeWhile(c => c == ' ').Count()), line, keepsIndent: true);
        }

        text.Append(CultureInfo.InvariantCulture, $"\nExamined in {diagnosis.Milliseconds / 1000:0.0} s. Nothing was changed in the cluster.\n");
        return text.ToString();
    }

    /// <summary>Breaks at blanks; a word that is longer than the line is cut.</summary>
    private static void Paragraph(StringBuilder text, string first, string next, string content, bool keepsIndent = false)
    {
        var line = new StringBuilder(first);
        if (keepsIndent)
            line.Append(' ', content.TakeWhile(c => c == ' ').Count());
        var isEmpty = true;
        foreach (var word in content.Split([' ', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries))
        {
            var left = word;
            while (true)
            {
                var room = Columns - line.Length - (isEmpty ? 0 : 1);
                if (left.Length <= room)
                {
                    line.Append(isEmpty ? "" : " ").Append(left);
                    isEmpty = false;
                    break;
                }

                if (isEmpty)
                {
                    line.Append(left.AsSpan(0, room));
                    left = left[room..];
                }

                text.Append(line).Append('\n');
                line.Clear().Append(next);
                isEmpty = true;
            }
        }

        text.Append(line.ToString().TrimEnd()).Append('\n');
    }
}
