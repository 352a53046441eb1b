using System.Globalization;
using Kftray.Benchmarks.Harness;

namespace Kftray.Benchmarks.Rows;

/// <summary>One large reply by curl.</summary>
internal sealed class DownloadRow : IRow
{
    public string Name => "download";

    public Application Application => Application.Http;

    public string Needs => "curl";

    public async Task<IReadOnlyList<Figure>> MeasureAsync(Subject subject, Pace pace, CancellationToken cancellationToken)
    {
        var size = 100_000_000L * pace.Seconds;
        var cpu = subject.Running?.CpuSeconds ?? 0;
        var result = await Tool.RunAsync(
            "curl", ["-sS", "--fail", "-o", "/dev/null", "-w", "%{size_download} %{time_total}", $"http://{subject.Address}/bytes/{size}"], TimeSpan.FromSeconds(60), cancellationToken);
        var words = result.Output.Split(' ');
        if (result.ExitCode != 0 || words[0] != size.ToString(CultureInfo.InvariantCulture))
            throw new InvalidOperationException($"curl got {words[0]} of {size} bytes: {result.Errors}");

        List<Figure> figures = [new("download [MB/s]", size / 1e6 / double.Parse(words[1], CultureInfo.InvariantCulture), true)];
        if (subject.Running is { } running)
            figures.Add(new Figure("CPU s per GB downloaded", (running.CpuSeconds - cpu) / (size / 1e9), false));
        return figures;
    }
}
