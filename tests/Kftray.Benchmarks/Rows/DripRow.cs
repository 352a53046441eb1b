using System.Net.Sockets;
using Kftray.Benchmarks.Harness;

namespace Kftray.Benchmarks.Rows;

/// <summary>
/// The load of a day's work: one connection, and a message there and back now and then. What a forwarder spends between the messages shows here, and
/// not under full load.
/// </summary>
internal sealed class DripRow : IRow
{
    private const int PerSecond = 200;

    public string Name => "drip";

    public Application Application => Application.Echo;

    public async Task<IReadOnlyList<Figure>> MeasureAsync(Subject subject, Pace pace, CancellationToken cancellationToken)
    {
        using var pings = await Pings.OpenAsync(ProtocolType.Tcp, subject.Address, cancellationToken);
        // The first opens the way.
        await pings.MeasureAsync(1, cancellationToken);

        List<double> times = [];
        var cpu = subject.Running?.CpuSeconds ?? 0;
        using var clock = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / PerSecond));
        while (times.Count < pace.Seconds * PerSecond)
        {
            await clock.WaitForNextTickAsync(cancellationToken);
            times.AddRange(await pings.MeasureAsync(1, cancellationToken));
        }

        var what = $"a message there and back, {PerSecond}/s on one connection";
        List<Figure> figures = [new($"{what}: p50 [ms]", Statistics.Median(times), false)];
        if (subject.Running is { } running)
            figures.Add(new($"{what}: CPU ms each", (running.CpuSeconds - cpu) * 1000 / times.Count, false));
        return figures;
    }
}
