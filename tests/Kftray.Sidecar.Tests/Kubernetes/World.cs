using System.Collections.Concurrent;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Kubernetes.Credentials;
using Kftray.Sidecar.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes;

/// <summary>A dialer that opens nothing: only its identity counts here.</summary>
internal sealed class FakeDialer : IPodDialer, IAsyncDisposable
{
    public bool IsDisposed { get; private set; }

    public string? Transport => null;

    public ValueTask<ISessionLease> WarmAsync(PodTarget target, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IPodStream> DialAsync(
        PodTarget target, ReadOnlyMemory<byte> firstBytes, TimeSpan halfCloseGrace, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    /// <summary>Pods that are gone, by uid.</summary>
    public ConcurrentQueue<string> Abandoned { get; } = [];

    public void Abandon(string @namespace, string pod, string uid) => Abandoned.Enqueue(uid);

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }
}

/// <summary>A registry over a kubeconfig file of its own and fake servers, one for each address.</summary>
internal sealed class World : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, FakeApi> _apis = [];

    public World()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("kftray-test-").FullName;
        KubeconfigPath = Path.Combine(Directory, "config");
        WriteKubeconfig();
        var environment = new HostEnvironment(new Dictionary<string, string> { ["KUBECONFIG"] = KubeconfigPath }, Directory);
        Registry = new(environment, (cluster, _) => Api(cluster.Server.Host), new CredentialSources(Plugins, server => Api(server.Server.Host), Time, NullLoggerFactory.Instance),
            _ =>
            {
                var dialer = new FakeDialer();
                Dialers.Add(dialer);
                return dialer;
            },
            Time, NullLoggerFactory.Instance);
    }

    public FakeTime Time { get; } = new();

    public string Directory { get; }

    public string KubeconfigPath { get; }

    public ScriptedPlugins Plugins { get; } = new();

    public List<FakeDialer> Dialers { get; } = [];

    public ClusterRegistry Registry { get; }

    /// <summary>The server of context <c>one</c>.</summary>
    public FakeApi Cluster => Api("one.test");

    public FakeApi Api(string host) => _apis.GetOrAdd(host, _ => new FakeApi());

    public void WriteKubeconfig(string current = "one", string serverOfOne = "https://one.test", string token = "t1", string extra = "")
    {
        File.WriteAllText(KubeconfigPath, $$$"""
            current-context: {{{current}}}
            contexts:
            - {name: one, context: {cluster: one, user: me, namespace: shop}}
            - {name: two, context: {cluster: two, user: me, namespace: shop}}
            clusters:
            - {name: one, cluster: {server: "{{{serverOfOne}}}" } }
            - {name: two, cluster: {server: "https://two.test"}}
            users:
            - name: me
              user: {token: "{{{token}}}"}
            {{{extra}}}
            """);
        // The file system's clock may be coarser than two writes of a test.
        File.SetLastWriteTimeUtc(KubeconfigPath, File.GetLastWriteTimeUtc(KubeconfigPath).AddSeconds(++_writes));
    }

    private int _writes;

    /// <summary>Lets time pass until the task ends, a second whenever something waits for its next attempt or poll.</summary>
    public async Task<T> PassTimeUntil<T>(Task<T> task)
    {
        while (true)
        {
            await Task.WhenAny(task, Time.Armed(IsWait)).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
            if (task.IsCompleted)
                return await task;
            Time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>Ends the one wait that is going on.</summary>
    public async Task PassWaitAsync()
    {
        await Time.Armed(IsWait).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Time.Advance(TimeSpan.FromSeconds(1));
    }

    /// <summary>The kubeconfig, which has just been changed, is looked at and read.</summary>
    public async Task PassPollAsync()
    {
        Time.Advance(KubeconfigWatch.PollInterval);
        await Time.Armed(KubeconfigWatch.Settling).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Time.Advance(KubeconfigWatch.Settling);
    }

    /// <summary>The kubeconfig is looked at again and again. Only where no request is under way: those have time limits.</summary>
    public async Task<T> PassPollsUntil<T>(Task<T> task)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        while (!task.IsCompleted)
        {
            limit.Token.ThrowIfCancellationRequested();
            Time.Advance(KubeconfigWatch.Settling);
            await Task.Yield();
        }

        return await task;
    }

    // Neither the poll of the kubeconfig, nor the limit of a request, nor that of a watch.
    private static bool IsWait(TimeSpan due) => due >= TimeSpan.FromSeconds(0.7) && due < ApiReader.AnswerLimit;

    public async ValueTask DisposeAsync()
    {
        await Registry.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}

/// <summary>Plugins that answer what the test says.</summary>
internal sealed class ScriptedPlugins : IPluginRunner
{
    private int _runs;

    public int Runs => _runs;

    public Func<int, Task<string>> Answer { get; set; } = _ => throw new InvalidOperationException("no plugin expected");

    /// <summary>What the run that is under way has said; set by the test.</summary>
    public Action<string>? Said { get; private set; }

    public Task<string> RunAsync(ExecConfig plugin, string execInfo, Action<string> said, CancellationToken cancellationToken)
    {
        Said = said;
        return Answer(Interlocked.Increment(ref _runs));
    }
}
