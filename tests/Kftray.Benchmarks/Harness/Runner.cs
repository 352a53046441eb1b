using System.Net;
using Kftray.Benchmarks.Forwarders;
using Kftray.Benchmarks.Rows;

namespace Kftray.Benchmarks.Harness;

/// <summary>Measures rows in alternating rounds, so that what else the machine does hits everybody alike.</summary>
internal sealed class Runner(Scene scene, IReadOnlyList<IForwarder> forwarders, Pace pace, Results results, Action<string> say)
{
    // The processes that earlier measurements left usable.
    private readonly Dictionary<(string Forwarder, Route Route, TimeSpan RoundTrip), Running> _running = [];

    public async Task RunAsync(IRow row, int rounds, CancellationToken cancellationToken)
    {
        if (row.Needs is { } tool && !Tool.Exists(tool))
        {
            say($"{row.Name}: left out, there is no {tool}. Install it: apt-get install {tool}");
            return;
        }

        if (RouteOf(row.Application) is not { } route)
        {
            say($"{row.Name}: left out, this cluster has no {row.Application.ToString().ToLowerInvariant()} to talk to");
            return;
        }

        await using var link = row.RoundTrip > TimeSpan.Zero ? new Link(scene.Kubeconfig, row.RoundTrip) : null;
        for (var round = 0; round < rounds; round++)
        {
            if (row.MeasuresDirect && AddressOf(row.Application) is { } direct)
                await MeasureAsync(row, new Subject("direct", direct, null), cancellationToken);
            foreach (var forwarder in round % 2 == 0 ? forwarders : forwarders.Reverse())
                await MeasureAsync(row, forwarder, route, link?.Kubeconfig ?? scene.Kubeconfig, cancellationToken);
        }

        await StopAsync(running => running.RoundTrip > TimeSpan.Zero);
    }

    /// <summary>Ends every forwarder that still runs.</summary>
    public Task StopAsync() => StopAsync(_ => true);

    private async Task MeasureAsync(IRow row, IForwarder forwarder, Route route, string kubeconfig, CancellationToken cancellationToken)
    {
        var key = (forwarder.Name, route, row.RoundTrip);
        if (_running.Remove(key, out var running) && !running.IsRunning)
        {
            await running.DisposeAsync();
            running = null;
        }

        running ??= await forwarder.StartAsync(kubeconfig, scene.Context, [route], cancellationToken);
        try
        {
            await MeasureAsync(row, new Subject(forwarder.Name, new IPEndPoint(IPAddress.Loopback, running.Ports[0]), running), cancellationToken);
        }
        finally
        {
            if (row.LeavesForwarderUsable && running.IsRunning)
                _running.Add(key, running);
            else
                await running.DisposeAsync();
        }
    }

    private async Task MeasureAsync(IRow row, Subject subject, CancellationToken cancellationToken)
    {
        try
        {
            if (row.Application == Application.Iperf && scene.IperfServer is { } iperf)
                await iperf.RestartAsync(cancellationToken);
            foreach (var figure in await row.MeasureAsync(subject, pace, cancellationToken))
            {
                results.Add(subject.Name, figure);
                say($"{row.Name,-16} {subject.Name,-10} {figure.Value,12:#,0.###}  {figure.Name} {figure.Note}");
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // A forwarder that fails here is a result, not the end of the benchmark.
            say($"{row.Name,-16} {subject.Name,-10} failed: {e.Message}");
        }
    }

    private async Task StopAsync(Func<(string Forwarder, Route Route, TimeSpan RoundTrip), bool> which)
    {
        foreach (var key in _running.Keys.Where(which).ToArray())
        {
            _running.Remove(key, out var running);
            await running!.DisposeAsync();
        }
    }

    private Route? RouteOf(Application application) => application switch
    {
        Application.Http => scene.Http,
        Application.Iperf => scene.Iperf,
        _ => scene.Echo,
    };

    private IPEndPoint? AddressOf(Application application) => application switch
    {
        Application.Http => scene.Direct?.Http,
        Application.Iperf => scene.Direct?.Iperf,
        _ => scene.Direct?.Echo,
    };
}
