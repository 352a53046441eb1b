using System.Globalization;
using System.Text.RegularExpressions;
using Kftray.Benchmarks.Harness;

namespace Kftray.Benchmarks.Rows;

/// <summary>Requests per second by wrk: over new connections, or over connections that are kept.</summary>
internal sealed partial class WrkRow(string name, int connections, bool keepAlive) : IRow
{
    public string Name => name;

    public Application Application => Application.Http;

    public string Needs => "wrk";

    public async Task<IReadOnlyList<Figure>> MeasureAsync(Subject subject, Pace pace, CancellationToken cancellationToken)
    {
        var cpu = subject.Running?.CpuSeconds ?? 0;
        string[] header = keepAlive ? [] : ["-H", "Connection: close"];
        var result = await Tool.RunAsync(
            "wrk", ["-t2", $"-c{connections}", $"-d{pace.Seconds}s", .. header, $"http://{subject.Address}/"], pace.Load + TimeSpan.FromSeconds(20), cancellationToken);
        var rate = RateLine().Match(result.Output);
        if (result.ExitCode != 0 || !rate.Success)
            throw new InvalidOperationException($"wrk failed: {result.Errors}");

        var perSecond = double.Parse(rate.Groups[1].Value, CultureInfo.InvariantCulture);
        var errors = ErrorLine().Match(result.Output) is { Success: true } line ? line.Value.Trim() : null;
        var what = keepAlive ? $"requests/s on {connections} kept connections" : $"short connections/s, {connections} at a time";
        List<Figure> figures = [new(what, perSecond, true, errors)];
        if (subject.Running is { } running)
            figures.Add(new Figure(keepAlive ? "CPU s per 1,000 kept-alive requests" : "CPU s per 1,000 short connections", (running.CpuSeconds - cpu) / (perSecond * pace.Seconds) * 1000, false));
        return figures;
    }

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex RateLine();

    [GeneratedRegex(@"Socket errors:.*|Non-2xx.*")]
    private static partial Regex ErrorLine();
}
