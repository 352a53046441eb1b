using System.Diagnostics;

namespace Kftray.Chaos.Judging;

/// <summary>What a process holds. Read from /proc, so zero where there is none.</summary>
internal readonly record struct Footprint(int Descriptors, int Threads, double ResidentMiB)
{
    // An idle session is a descriptor; a few come and go with pings and probes.
    private const int DescriptorSlack = 12;
    private const int ThreadSlack = 6;
    private const double MemorySlackMiB = 8;

    public static Footprint Of(Process process)
    {
        if (!OperatingSystem.IsLinux()) return default;
        process.Refresh();
        return new(
            Directory.EnumerateFileSystemEntries($"/proc/{process.Id}/fd").Count(), process.Threads.Count, process.WorkingSet64 / 1024.0 / 1024.0);
    }

    /// <summary>What has not come back to where it was; null when all has.</summary>
    public string? Excess(Footprint before) =>
        Descriptors > before.Descriptors + DescriptorSlack ? $"{Descriptors} file descriptors, {before.Descriptors} before"
        : Threads > before.Threads + ThreadSlack ? $"{Threads} threads, {before.Threads} before"
        : ResidentMiB > (before.ResidentMiB * 1.3) + MemorySlackMiB ? $"{ResidentMiB:0} MiB, {before.ResidentMiB:0} before"
        : null;

    public override string ToString() => $"{Descriptors} file descriptors, {Threads} threads, {ResidentMiB:0} MiB";
}
