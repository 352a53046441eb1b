namespace Kftray.Chaos.Judging;

/// <summary>
/// Whether memory goes on growing. What a busy process needed once it keeps for as long as it is busy, buffers of sessions above all; a leak shows
/// in that the end of a run needs more than its beginning did under the same load.
/// </summary>
internal sealed class MemoryTrend
{
    // Fewer samples prove nothing.
    private const int Fewest = 48;
    private const double SlackMiB = 8;

    private readonly List<double> _residentMiB = [];

    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Median of the second quarter of the run; null in a short one.</summary>
    public double? Early => Quarter(1);

    /// <summary>Median of the last quarter.</summary>
    public double? Late => Quarter(3);

    /// <summary>What is wrong with it; null when nothing is.</summary>
    public string? Growth => Early is { } early && Late is { } late && late > (early * 1.2) + SlackMiB
        ? $"{late:0} MiB in the last quarter of the run, {early:0} MiB in the second"
        : null;

    public void Add(Footprint sample) => _residentMiB.Add(sample.ResidentMiB);

    private double? Quarter(int index)
    {
        if (_residentMiB.Count < Fewest) return null;
        var length = _residentMiB.Count / 4;
        return _residentMiB.GetRange(index * length, length).Order().ElementAt(length / 2);
    }
}
