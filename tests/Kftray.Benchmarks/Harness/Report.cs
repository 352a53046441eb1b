using System.Globalization;
using System.Text;

namespace Kftray.Benchmarks.Harness;

/// <summary>The results as a table in Markdown.</summary>
internal static class Report
{
    // kubectl 1.35 in front of a real API server 1.36 and a real kubelet's streaming server, two cores, and what the same machine did without
    // a forwarder. A test cluster that is much faster or slower than that would flatter or punish a forwarder.
    private static readonly Dictionary<string, (double Kubectl, double? Direct)> OnRealServer = new()
    {
        ["first byte, API server 50 ms away [round trips]"] = (3.2, null),
        ["first byte, local, p50 [ms]"] = (3.93, 0.44),
        ["short connections/s, 8 at a time"] = (847, 21_776),
        ["requests/s on 16 kept connections"] = (6_258, 45_316),
        ["download [MB/s]"] = (162, 1_095),
        ["iperf3 -R [Gbit/s]"] = (1.52, 17.5),
        ["iperf3 -P 4 -R [Gbit/s]"] = (1.59, 20.2),
    };

    public static string Markdown(string machine, int rounds, IReadOnlyList<string> subjects, Results results)
    {
        var text = new StringBuilder();
        var compared = subjects.Where(subject => subject is not ("direct" or "ceiling" or "kubectl")).ToList();
        text.Append(CultureInfo.InvariantCulture, $"Medians of {rounds} alternating rounds. {machine}.\n\n");
        text.Append(CultureInfo.InvariantCulture, $"| | {string.Join(" | ", subjects)}{string.Concat(compared.Select(name => $" | {name} ÷ kubectl"))} |\n");
        text.Append(CultureInfo.InvariantCulture, $"|---|{string.Concat(subjects.Concat(compared).Select(_ => "--:|"))}\n");
        foreach (var figure in results.Figures)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {figure.Name}");
            foreach (var subject in subjects)
                text.Append(CultureInfo.InvariantCulture, $" | {Cell(figure, subject)}");
            foreach (var subject in compared)
                text.Append(CultureInfo.InvariantCulture, $" | {Ratio(figure, subject)}");
            text.Append(" |\n");
        }

        return text.ToString();
    }

    /// <summary>
    /// Whether kubectl is about as fast here as in front of a real API server, or at least as fast compared with no forwarder at all: another
    /// machine may be faster as a whole. Empty when nothing could be compared.
    /// </summary>
    public static string Fairness(Results results)
    {
        var text = new StringBuilder();
        foreach (var figure in results.Figures)
        {
            if (!OnRealServer.TryGetValue(figure.Name, out var real) || figure.MedianOf("kubectl") is not { } here || here == 0)
                continue;
            var ratio = here / real.Kubectl;
            var relative = figure.MedianOf("direct") is { } direct && real.Direct is { } directThere ? ratio / (direct / directThere) : ratio;
            var verdict = IsNear(ratio) || IsNear(relative) ? "fair  " : "UNFAIR";
            text.Append(CultureInfo.InvariantCulture,
                $"{verdict}  {figure.Name}: kubectl {here:0.##} here, {real.Kubectl:0.##} on a real server ({ratio:0.00} ×; {relative:0.00} × next to no forwarder)\n");
        }

        return text.ToString();

        static bool IsNear(double ratio) => ratio is >= 0.5 and <= 2;
    }

    private static string Cell(FigureResults figure, string subject) => figure.MedianOf(subject) is not { } value
        ? ""
        : figure.NoteOf(subject) is { } note ? $"{Number(value)} ({note.Replace('|', '/').ReplaceLineEndings(" ")})" : Number(value);

    private static string Ratio(FigureResults figure, string subject) =>
        figure.MoreIsBetter is not null && figure.MedianRatio(subject, "kubectl") is { } ratio ? ratio.ToString("0.00 ×", CultureInfo.InvariantCulture) : "";

    private static string Number(double value) => double.IsNaN(value)
        ? "–"
        : value.ToString(Math.Abs(value) >= 100 ? "#,0" : Math.Abs(value) >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}
