using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Kftray.Testing;
using Kftray.Testing.Pods;
using Kftray.Testing.Process;
using Kftray.Testing.Relays;
using Kftray.Testing.Security;
using Kftray.Testing.World;

if (args is ["--help" or "-h"] or ["serve", "--help" or "-h"])
{
    await Console.Out.WriteLineAsync(ServeOptions.Usage);
    return 0;
}

if (args is ["lockstep-relay"]) return await RunLockstepRelayAsync();

try
{
    return await ServeAsync(ServeOptions.Parse(args));
}
catch (ArgumentException e)
{
    await Console.Error.WriteLineAsync($"{e.Message}\n\n{ServeOptions.Usage}");
    return 2;
}
catch (SocketException e)
{
    await Console.Error.WriteLineAsync($"The API server cannot listen: {e.Message}.");
    return 1;
}

static async Task<int> ServeAsync(ServeOptions options)
{
    using var ending = new CancellationTokenSource();
    using var signals = EndOnSignal(ending);
    await using var cluster = await TestCluster.StartAsync(
        new TestClusterOptions { Port = options.Port, Runtime = options.Runtime, PodTiming = options.IsDemo ? DemoWorld.Timing : new PodTiming() },
        ending.Token);
    if (options.IsDemo) DemoWorld.Build(cluster.World);
    await using var control = new ControlServer(cluster);
    await control.StartAsync(ending.Token);
    var kubeconfig = Path.GetFullPath(options.Kubeconfig ?? Path.Combine(Path.GetTempPath(), $"kftray-testcluster-{Environment.ProcessId}.kubeconfig"));
    cluster.WriteKubeconfig(kubeconfig, @namespace: options.IsDemo ? "shop" : null);
    var ready = new JsonObject
    {
        ["server"] = cluster.Server.ToString().TrimEnd('/'),
        ["kubeconfig"] = kubeconfig,
        ["control"] = control.Address.ToString().TrimEnd('/'),
    };
    await Console.Out.WriteLineAsync(ready.ToJsonString());
    await Console.Out.FlushAsync(CancellationToken.None);
    await EndAsync(options, ending);
    File.Delete(kubeconfig);
    return 0;
}

// The entry point of the public relay image's stand-in.
static async Task<int> RunLockstepRelayAsync()
{
    using var ending = new CancellationTokenSource();
    using var signals = EndOnSignal(ending);
    try
    {
        await new LockstepRelay(TimeProvider.System).RunAsync(Environment.GetEnvironmentVariable, Console.Error.WriteLine, ending.Token);
        return 0;
    }
    catch (Exception e) when (e is ArgumentException or SocketException)
    {
        await Console.Error.WriteLineAsync(e.Message);
        return 1;
    }
}

static IDisposable EndOnSignal(CancellationTokenSource ending)
{
    void End(PosixSignalContext signal)
    {
        signal.Cancel = true;
        ending.Cancel();
    }

    var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
    var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
    return new Revocation(() =>
    {
        onTerminate.Dispose();
        onInterrupt.Dispose();
    });
}

static async Task EndAsync(ServeOptions options, CancellationTokenSource ending)
{
    var end = Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ending.Token);
    await using var input = options.ExitsWithStdin ? Console.OpenStandardInput() : Stream.Null;
    // Whatever comes on standard input, only its end counts.
    if (options.ExitsWithStdin) end = await Task.WhenAny(end, input.CopyToAsync(Stream.Null, ending.Token));
    await end.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
