using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Kftray.Chaos.Judging;
using Kftray.Chaos.World;

namespace Kftray.Chaos.Subjects;

/// <summary><c>kftray-sidecar up --json</c>: one process for all forwards, with what it says about each of them.</summary>
internal sealed class SidecarSubject(string program, ChaosWorld world, Action<Violation> report) : ISubject
{
    private static readonly TimeSpan Hold = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, int> _ports = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Process? _process;
    private volatile string _lastWords = "";
    private Task _reading = Task.CompletedTask;

    public string Name => "sidecar";

    public IReadOnlyList<Route> Routes => ChaosWorld.Routes;

    public Judge Judge { get; } = new(world, Hold, report);

    public StatusLog Statuses { get; } = new(world);

    public bool HasExited => _process!.HasExited;

    /// <summary>What it said last, outside of its protocol.</summary>
    public string LastWords => _lastWords;

    public async Task StartAsync(CancellationToken stopping)
    {
        var config = Path.Combine(world.Folder, "kftray.json");
        await File.WriteAllTextAsync(config, Config(), stopping);
        var start = new ProcessStartInfo(program, ["up", "--json", "--config", config, "--kubeconfig", world.Kubeconfig.Path]) { RedirectStandardOutput = true, RedirectStandardError = true };
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        // Standard error has the warnings of the config file, and the last words of a crash.
        _reading = Task.WhenAll(ReadAsync(_process.StandardOutput), KeepLastWordsAsync(_process.StandardError));
        await _ready.Task.WaitAsync(StartLimit, TimeProvider.System, stopping);
    }

    public int PortOf(Route route) => _ports[route.Alias];

    public Footprint Measure() => Footprint.Of(_process!);

    /// <summary>As a supervisor ends it: a process of a background job ignores the signal of a terminal. Returns how long it took, or null when it had to be killed.</summary>
    public async Task<TimeSpan?> StopAsync()
    {
        var began = world.Clock.Now;
        using var kill = Process.Start("kill", ["-TERM", _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        using var limit = world.Clock.Limit(TimeSpan.FromSeconds(10));
        try
        {
            await _process.WaitForExitAsync(limit.Token);
            return world.Clock.Now - began;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is null) return;
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    private string Config() => JsonSerializer.Serialize(new
    {
        version = 1,
        forwards = Routes.Select(route => new Dictionary<string, object?>
        {
            ["alias"] = route.Alias,
            ["context"] = route.Cluster is { } cluster ? KubeconfigFile.ContextOf(cluster) : null,
            ["workload_type"] = route.BySelector ? "pod" : null,
            ["target"] = route.BySelector ? $"app={route.Application.Name}" : null,
            ["service"] = route.BySelector ? null : route.Application.Name,
            ["remote_port"] = route.BySelector ? Application.ContainerPort : Application.ServicePort,
            ["balance"] = route.Spread ? "spread" : null,
        }.Where(field => field.Value is not null).ToDictionary()),
    });

    private async Task KeepLastWordsAsync(StreamReader errors)
    {
        while (await errors.ReadLineAsync() is { } line) _lastWords = line;
    }

    private async Task ReadAsync(StreamReader output)
    {
        var active = new HashSet<string>();
        while (await output.ReadLineAsync() is { } line)
        {
            using var snapshot = JsonDocument.Parse(line);
            var alias = snapshot.RootElement.GetProperty("alias").GetString()!;
            var status = snapshot.RootElement.GetProperty("status").GetString()!;
            _ports[alias] = snapshot.RootElement.GetProperty("localPort").GetInt32();
            Statuses.Add(alias, status, snapshot.RootElement);
            if (status == "active" && active.Add(alias) && active.Count == Routes.Count) _ready.TrySetResult();
        }

        _ready.TrySetException(new InvalidOperationException("The sidecar ended before its forwards were active."));
    }
}
