using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Text.Json;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Kubernetes;
using Kftray.Testing;
using Kftray.Testing.Pods;
using Kftray.Testing.PortForward;
using Kftray.Testing.World;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests;

/// <summary>
/// A cluster, a kubeconfig for it, and the engine of the product, all over real sockets. Everything is gone when the test ends.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "xunit disposes asynchronously.")]
public abstract class FunctionalTest : IAsyncLifetime
{
    /// <summary>Where the objects of these tests live.</summary>
    protected const string Shop = "shop";

    private readonly string _folder = Directory.CreateTempSubdirectory("kftray-test-").FullName;
    private readonly CancellationTokenSource _timeout = new();
    private readonly Dictionary<string, ForwardSnapshot> _snapshots = [];
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ILoggerFactory? _loggers;
    private Engine? _engine;
    private Task _following = Task.CompletedTask;
    private CancellationTokenSource? _stopping;

    /// <summary>Ends every wait of a test that would hang.</summary>
    protected CancellationToken TimeoutToken => _timeout.Token;

    protected TestCluster Cluster { get; private set; } = null!;

    protected string Kubeconfig => Path.Combine(_folder, "kubeconfig");

    /// <summary>A folder of the test's own.</summary>
    protected string Folder => _folder;

    /// <summary>What the engine takes from the machine.</summary>
    private protected virtual HostEnvironment Machine => HostEnvironment.FromProcess();

    protected virtual TestClusterOptions ClusterOptions { get; } = new();

    /// <summary>Starts again with another kind of cluster.</summary>
    protected async Task UseClusterAsync(TestClusterOptions options)
    {
        await Cluster.DisposeAsync();
        Cluster = await TestCluster.StartAsync(options, TimeoutToken);
        Cluster.World.AddNamespace(Shop);
        Cluster.WriteKubeconfig(Kubeconfig, @namespace: Shop);
    }

    /// <summary>How long a test may take.</summary>
    protected virtual TimeSpan Limit => TimeSpan.FromSeconds(120);

    public virtual async ValueTask InitializeAsync()
    {
        _timeout.CancelAfter(Limit);
        Cluster = await TestCluster.StartAsync(ClusterOptions, TimeoutToken);
        Cluster.World.AddNamespace(Shop);
        Cluster.WriteKubeconfig(Kubeconfig, @namespace: Shop);
        _loggers = LoggerFactory.Create(logging => logging.AddProvider(new TestOutput()).SetMinimumLevel(LogLevel.Trace));
        _engine = Engine.Create(Machine, TimeProvider.System, _loggers);
        _stopping = new CancellationTokenSource();
        _following = FollowAsync(_stopping.Token);
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (_engine is not null)
            await _engine.DisposeAsync().AsTask().WaitAsync(TimeoutToken);
        if (_stopping is not null)
            await _stopping.CancelAsync();
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Cluster is not null)
            await Cluster.DisposeAsync();
        _loggers?.Dispose();
        _stopping?.Dispose();
        _timeout.Dispose();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>An application with a Service before it; returns when a pod of it is ready.</summary>
    protected async Task<TestPod> RunApplicationAsync(string name, string behaviour, int replicas = 1)
    {
        Cluster.World.AddApplication(Shop, name, behaviour, port: 80, containerPort: 8080, replicas);
        return (await Cluster.Pods.WaitReadyAsync(Shop, $"app={name}", TimeoutToken, replicas))[0];
    }

    /// <summary>Applies a config with these forwards, all enabled.</summary>
    protected async Task<ApplyResult> ApplyAsync(string forwards, Func<ApplyParams, ApplyParams>? change = null)
    {
        var text = $$"""{ "forwards": [ {{forwards}} ] }""";
        var wanted = new ApplyParams
        {
            Documents = [new ConfigDocument("file:///work/.vscode/kftray.json", "work", DocumentKind.Shared, text)],
            Trusted = true,
            Settings = new SidecarSettings { Kubeconfig = [Kubeconfig] },
        };
        wanted = change?.Invoke(wanted) ?? wanted;

        // The ids are the sidecar's to give: the first apply asks for them.
        var found = await _engine!.ApplyAsync(wanted, TimeoutToken);
        WrittenText.OfTheSuite.Record(JsonSerializer.Serialize(found, ContractJson.Default.ApplyResult));
        if (wanted.Enabled.Count > 0)
            return found;
        wanted.Enabled = [.. found.Ranges.Select(range => range.Id)];
        return await _engine.ApplyAsync(wanted, TimeoutToken);
    }

    /// <summary>Starts a forward to port 80 of a Service and returns its local port once it is active.</summary>
    protected async Task<int> ForwardAsync(string service, string more = "")
    {
        await ApplyAsync($$"""{ "service": "{{service}}", "remote_port": 80 {{more}} }""");
        return (await BecomesAsync(service, ForwardStatus.Active)).LocalPort;
    }

    protected Task<ForwardSnapshot> BecomesAsync(string alias, ForwardStatus status) => WaitForAsync(alias, snapshot => snapshot.Status == status);

    /// <summary>Waits until the forward's snapshot, as the editor would see it, is as wanted.</summary>
    protected async Task<ForwardSnapshot> WaitForAsync(string alias, Func<ForwardSnapshot, bool> condition)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_snapshots.Values.FirstOrDefault(snapshot => snapshot.Alias == alias) is { } snapshot && condition(snapshot))
                    return snapshot;
                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(TimeoutToken);
            }
            catch (OperationCanceledException)
            {
                lock (_lock)
                    throw new TimeoutException($"'{alias}' did not get there. Last seen: {string.Join("; ", _snapshots.Values)}");
            }
        }
    }

    protected async Task<Fault?> SignInAsync(string id) => (await _engine!.SignInAsync(id, TimeoutToken))!.Fault;

    protected Task<BrowseResult> BrowseAsync(string @namespace) => _engine!.BrowseAsync(new([Kubeconfig], "demo", @namespace), TimeoutToken);

    protected Task<FollowLogResult?> FollowLogAsync(string id, Action<string> write) => _engine!.FollowLogAsync(
        new(id),
        (piece, _) =>
        {
            write(piece.Text);
            return ValueTask.CompletedTask;
        },
        TimeoutToken);

    protected bool Retry(string id) => _engine!.Retry(id);

    /// <summary>Asks the doctor about the forward of this alias.</summary>
    protected async Task<Diagnosis> DiagnoseAsync(string alias)
    {
        var diagnosis = await _engine!.DiagnoseAsync(_engine.Snapshots.First(snapshot => snapshot.Alias == alias).Id, TimeoutToken)
            ?? throw new InvalidOperationException($"There is no forward '{alias}'.");
        WrittenText.OfTheSuite.Record(JsonSerializer.Serialize(diagnosis, ContractJson.Default.Diagnosis));
        return diagnosis;
    }

    /// <summary>Ends the engine as the end of standard input does.</summary>
    protected async Task StopEngineAsync()
    {
        await _engine!.DisposeAsync();
        _engine = null;
    }

    protected async Task<Socket> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync("127.0.0.1", port, TimeoutToken);
        return socket;
    }

    private async Task FollowAsync(CancellationToken stopping)
    {
        await foreach (var batch in _engine!.ReadChangesAsync(stopping))
        {
            WrittenText.OfTheSuite.Record(JsonSerializer.Serialize(batch, ContractJson.Default.ForwardsChangedParams));
            lock (_lock)
            {
                foreach (var id in batch.Removed)
                    _snapshots.Remove(id);
                foreach (var snapshot in batch.Snapshots)
                    _snapshots[snapshot.Id] = snapshot;
                var changed = _changed;
                _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
                changed.TrySetResult();
            }
        }
    }

    /// <summary>The log of the engine in the output of the test.</summary>
    private sealed class TestOutput : ILoggerProvider, ILogger
    {
        private readonly ITestOutputHelper? _output = TestContext.Current.TestOutputHelper;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var line = $"{formatter(state, exception)} {exception}";
            WrittenText.OfTheSuite.Record(line);
            if (logLevel == LogLevel.Trace)
                return;
            try
            {
                _output?.WriteLine($"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {logLevel} {line}");
            }
            catch (InvalidOperationException)
            {
                // The test has ended.
            }
        }

        public void Dispose()
        {
        }
    }
}

/// <summary>The two characters of container runtimes, for tests that must hold with both.</summary>
public static class Runtimes
{
    public static TheoryData<RuntimeCharacter> Both { get; } = [RuntimeCharacter.Containerd, RuntimeCharacter.CriO];
}
