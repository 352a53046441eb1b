using Kftray.Benchmarks.Harness;

namespace Kftray.Benchmarks.Rows;

/// <summary>From connect to the first byte of the reply, one new connection after the other.</summary>
internal sealed class FirstByteRow(string name, TimeSpan roundTrip) : IRow
{
    public string Name => name;

    public Application Application => Application.Http;

    public TimeSpan RoundTrip => roundTrip;

    // The delay lies before the API server: without a forwarder there is none.
    public bool MeasuresDirect => roundTrip == TimeSpan.Zero;

    public async Task<IReadOnlyList<Figure>> MeasureAsync(Subject subject, Pace pace, CancellationToken cancellationToken)
    {
        List<double> times = [];
        await HttpProbe.FirstByteAsync(subject.Address, cancellationToken);
        for (var i = 0; i < pace.Samples; i++)
            times.Add((await HttpProbe.FirstByteAsync(subject.Address, cancellationToken)).TotalMilliseconds);
        var median = Statistics.Median(times);
        return roundTrip == TimeSpan.Zero
            ? [new Figure("first byte, local, p50 [ms]", median, false)]
            : [new Figure($"first byte, API server {roundTrip.TotalMilliseconds:0} ms away [round trips]", median / roundTrip.TotalMilliseconds, false)];
    }
}
