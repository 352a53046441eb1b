using System.Diagnostics;
using System.Globalization;

namespace Kftray.Sidecar.Relay;

/// <summary>Who the relays of this process belong to, and whether the process that made another is still there.</summary>
/// <param name="Id">Of the user on this machine.</param>
/// <param name="User">The user's name as it is in the names of the desktop app's pods.</param>
/// <param name="Process">Of this process: its id and when it began.</param>
/// <param name="IsRunning">Whether the process that such a label names runs on this machine.</param>
internal sealed record RelayOwner(string Id, string User, string Process, Func<string, bool> IsRunning)
{
    // Two readings of the same start differ by the rounding of the system's clock ticks.
    private const int ToleranceSeconds = 2;

    public static RelayOwner OfProcess()
    {
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        return new(
            RelayHash.Of(Environment.MachineName, Environment.UserName),
            Environment.UserName,
            Describe(self.Id, StartOf(self)),
            IsRunningHere);
    }

    private static string Describe(int id, long start) => string.Create(CultureInfo.InvariantCulture, $"{id}-{start}");

    private static bool IsRunningHere(string label)
    {
        var parts = label.Split('-');
        if (parts.Length != 2 || !int.TryParse(parts[0], CultureInfo.InvariantCulture, out var id)
            || !long.TryParse(parts[1], CultureInfo.InvariantCulture, out var start))
        {
            return false;
        }

        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(id);
            return Math.Abs(StartOf(process) - start) <= ToleranceSeconds;
        }
        catch (ArgumentException)
        {
            return false;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // Ended just now, or somebody else's with a number that was ours.
            return false;
        }
    }

    private static long StartOf(Process process) => new DateTimeOffset(process.StartTime).ToUnixTimeSeconds();
}
