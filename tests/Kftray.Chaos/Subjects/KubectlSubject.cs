using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Kftray.Chaos.Judging;
using Kftray.Chaos.World;

namespace Kftray.Chaos.Subjects;

/// <summary>
/// <c>while true; do kubectl port-forward …; sleep 1; done</c>, a loop for each forward: what people do who want it to come back. It is given the
/// forwards of the first cluster and one that follows the current context: a process for each is what it costs.
/// </summary>
internal sealed class KubectlSubject(string program, ChaosWorld world, CancellationToken ending) : ISubject
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<Route, int> _ports = new();
    private readonly ConcurrentDictionary<Route, Process> _processes = new();
    private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(ending);
    private Task _looping = Task.CompletedTask;
    private int _restarts;

    public string Name => "kubectl";

    public IReadOnlyList<Route> Routes { get; } = [.. ChaosWorld.Routes.Where(route => route.Cluster is 0 || (route.Cluster is null && route.Application.Conversation == Conversation.Echo))];

    // What fails is what is counted; nothing of it is a defect of ours.
    public Judge Judge { get; } = new(world, null, _ => { });

    /// <summary>How often a process ended and was started again.</summary>
    public int Restarts => _restarts;

    public async Task StartAsync(CancellationToken stopping)
    {
        var ready = Routes.ToDictionary(route => route, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _looping = Task.WhenAll(Routes.Select(route => LoopAsync(route, ready[route])));
        await Task.WhenAll(ready.Values.Select(one => one.Task)).WaitAsync(StartLimit, TimeProvider.System, stopping);
    }

    public int PortOf(Route route) => _ports[route];

    public Footprint Measure()
    {
        var all = _processes.Values.Where(process => !process.HasExited).Select(Footprint.Of).ToArray();
        return new(all.Sum(one => one.Descriptors), all.Sum(one => one.Threads), all.Sum(one => one.ResidentMiB));
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _looping;
        _stopping.Dispose();
    }

    private async Task LoopAsync(Route route, TaskCompletionSource ready)
    {
        while (!_stopping.IsCancellationRequested)
        {
            await RunOnceAsync(route, ready);
            Interlocked.Increment(ref _restarts);
            await world.Clock.DelayAsync(Pause, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RunOnceAsync(Route route, TaskCompletionSource ready)
    {
        using var process = Process.Start(new ProcessStartInfo(program, Arguments(route)) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _processes[route] = process;
        using var kill = _stopping.Token.UnsafeRegister(static process => ((Process)process!).Kill(), process);
        var complaints = process.StandardError.ReadToEndAsync(CancellationToken.None);
        while (await process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            // Forwarding from 127.0.0.1:40000 -> 8080
            if (line.Split(' ', ':') is not ["Forwarding", "from", "127.0.0.1", var port, ..]) continue;
            _ports[route] = int.Parse(port, CultureInfo.InvariantCulture);
            ready.TrySetResult();
        }

        await process.WaitForExitAsync(CancellationToken.None);
        await complaints;
        _processes.TryRemove(new(route, process));
    }

    // The first run takes any free port, the others the same again.
    private IEnumerable<string> Arguments(Route route) =>
    [
        "--kubeconfig", world.Kubeconfig.Path, .. route.Cluster is { } cluster ? (string[])["--context", KubeconfigFile.ContextOf(cluster)] : [],
        "--namespace", KubeconfigFile.Namespace, "port-forward", "--address", "127.0.0.1", $"svc/{route.Application.Name}",
        $"{(_ports.TryGetValue(route, out var port) ? port.ToString(CultureInfo.InvariantCulture) : "")}:{Application.ServicePort}",
    ];
}
