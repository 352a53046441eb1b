using System.Runtime.InteropServices;

namespace Kftray.Benchmarks.Harness;

/// <summary>What the numbers were measured on.</summary>
internal static class Machine
{
    public static async Task<string> DescribeAsync(string kubectl, CancellationToken cancellationToken)
    {
        var model = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
            : null;
        var version = await Tool.RunAsync(kubectl, ["version", "--client"], TimeSpan.FromSeconds(10), cancellationToken);
        return $"{model ?? RuntimeInformation.ProcessArchitecture.ToString()}, {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}, "
            + $".NET {Environment.Version}, kubectl {version.Output.Split('\n')[0].Split(':')[^1].Trim()}; forwarders, servers and load on one machine";
    }
}
