using System.Globalization;
using Kftray.Benchmarks.Harness;

namespace Kftray.Benchmarks.Forwarders;

/// <summary><c>kubectl port-forward</c>, a process for each Service, as people run it.</summary>
internal sealed class KubectlForwarder(string program) : IForwarder
{
    public string Name => "kubectl";

    public async Task<Running> StartAsync(string kubeconfig, string? context, IReadOnlyList<Route> routes, CancellationToken cancellationToken)
    {
        var ports = PortPicker.Take(routes.Count);
        var running = new Running(ports, [.. routes.Zip(ports, (route, port) => new Background(program, Arguments(route, port), IsReady))]);
        foreach (var process in running.Processes)
            await process.WaitUntilReadyAsync(cancellationToken);
        return running;

        static bool IsReady(string line) => line.StartsWith("Forwarding from", StringComparison.Ordinal);

        IEnumerable<string> Arguments(Route route, int port) =>
        [
            "--kubeconfig", kubeconfig, .. context is null ? Array.Empty<string>() : ["--context", context],
            "--namespace", route.Namespace, "port-forward", $"svc/{route.Service}", string.Create(CultureInfo.InvariantCulture, $"{port}:{route.Port}"),
        ];
    }
}
