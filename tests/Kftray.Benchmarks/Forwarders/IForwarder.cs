using Kftray.Benchmarks.Harness;

namespace Kftray.Benchmarks.Forwarders;

/// <summary>A Service and its port, in the cluster that is measured.</summary>
internal sealed record Route(string Namespace, string Service, int Port);

/// <summary>One of the programs that are compared.</summary>
internal interface IForwarder
{
    string Name { get; }

    /// <summary>Runs the program with a forward for each route; returns when all their ports accept connections and lead to the pod.</summary>
    Task<Running> StartAsync(string kubeconfig, string? context, IReadOnlyList<Route> routes, CancellationToken cancellationToken);
}

/// <summary>A forwarder that runs, with one local port for each route.</summary>
internal sealed record Running(IReadOnlyList<int> Ports, IReadOnlyList<Background> Processes) : IAsyncDisposable
{
    public bool IsRunning => Processes.All(process => process.IsRunning);

    public double CpuSeconds => Processes.Sum(process => process.CpuSeconds);

    public double ResidentMiB => Processes.Sum(process => process.ResidentMiB);

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Processes)
            await process.DisposeAsync();
    }
}
