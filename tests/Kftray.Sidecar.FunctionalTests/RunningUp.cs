using System.Diagnostics;
using System.Text.Json;

namespace Kftray.Sidecar.FunctionalTests;

/// <summary><c>kftray-sidecar up --json</c>.</summary>
internal sealed class RunningUp : SidecarProcess
{
    private RunningUp(Process process)
        : base(process)
    {
    }

    public static RunningUp Start(string config, string kubeconfig) => new(Process.Start(
        new ProcessStartInfo(FindProgram(), ["up", "--json", "--verbose", "--config", config, "--kubeconfig", kubeconfig]) { RedirectStandardOutput = true, RedirectStandardError = true })!);

    /// <summary>Reads snapshots until so many forwards are active; their local ports by alias.</summary>
    public async Task<IReadOnlyDictionary<string, int>> ActiveAsync(int count, CancellationToken cancellationToken)
    {
        Dictionary<string, int> ports = [];
        while (ports.Count < count)
        {
            var line = await Process.StandardOutput.ReadLineAsync(cancellationToken) ?? throw new InvalidOperationException("The sidecar ended.");
            WrittenText.OfTheSuite.Record(line);
            using var snapshot = JsonDocument.Parse(line);
            if (snapshot.RootElement.GetProperty("status").GetString() == "active")
                ports[snapshot.RootElement.GetProperty("alias").GetString()!] = snapshot.RootElement.GetProperty("localPort").GetInt32();
        }

        return ports;
    }
}
