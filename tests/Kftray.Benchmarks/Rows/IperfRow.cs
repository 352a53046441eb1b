using System.Text.Json.Nodes;
using Kftray.Benchmarks.Harness;

namespace Kftray.Benchmarks.Rows;

/// <summary>One mode of iperf3. Its exit code counts as much as its rate.</summary>
internal sealed class IperfRow(string name, params string[] mode) : IRow
{
    public string Name => name;

    public Application Application => Application.Iperf;

    public string Needs => "iperf3";

    // kubectl ends at the first stream that is reset, and iperf3 resets.
    public bool LeavesForwarderUsable => false;

    public async Task<IReadOnlyList<Figure>> MeasureAsync(Subject subject, Pace pace, CancellationToken cancellationToken)
    {
        var result = await Tool.RunAsync(
            "iperf3", ["-c", $"{subject.Address.Address}", "-p", $"{subject.Address.Port}", "-t", $"{pace.Seconds}", "-J", .. mode],
            pace.Load + TimeSpan.FromSeconds(20), cancellationToken);
        var title = $"iperf3 {string.Join(' ', mode)}".Trim() + " [Gbit/s]";
        var reply = result.ExitCode == 0 ? Parse(result.Output) : null;
        if (reply?["end"]?["sum_received"]?["bits_per_second"]?.GetValue<double>() is not { } bits)
            return [new Figure(title, 0, true, $"failed: {Reason(result)}")];

        var back = reply["end"]!["sum_received_bidir_reverse"]?["bits_per_second"]?.GetValue<double>() ?? 0;
        return [new Figure(title, (bits + back) / 1e9, true)];
    }

    private static string Reason(ToolResult result)
    {
        try
        {
            return Parse(result.Output)?["error"]?.GetValue<string>() ?? $"exit code {result.ExitCode}";
        }
        catch (System.Text.Json.JsonException)
        {
            return result.Errors.Length > 0 ? result.Errors.Trim() : $"exit code {result.ExitCode}";
        }
    }

    // Its warnings come on standard output too, before the document.
    private static JsonNode? Parse(string output) => JsonNode.Parse(output[Math.Max(0, output.IndexOf('{'))..]);
}
