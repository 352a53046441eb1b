using Kftray.Chaos.Judging;
using Kftray.Testing;
using Kftray.Testing.Pods;
using Kftray.Testing.World;

namespace Kftray.Chaos.World;

/// <summary>Three clusters with the same applications, the forwards to them, and the truth about both.</summary>
internal sealed class ChaosWorld : IAsyncDisposable
{
    public const int ClusterCount = 3;

    public static readonly PodTiming Timing = new() { StartDelayMs = 150, ReadyDelayMs = 350, TerminationDelayMs = 400, RestartDelayMs = 800 };

    private static readonly Application[] Pinned =
    [
        new("http-a", Conversation.Http, 3), new("http-b", Conversation.Http, 1), new("echo-a", Conversation.Echo, 2), new("echo-b", Conversation.Echo, 1),
        new("greet", Conversation.ServerFirst, 1), new("burst", Conversation.Burst, 2),
    ];

    private static readonly Application[] Following = [new("follow-http", Conversation.Http, 1), new("follow-echo", Conversation.Echo, 1)];

    private readonly string _folder;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim[] _alone = [.. Enumerable.Range(0, ClusterCount).Select(_ => new SemaphoreSlim(1))];
    private Task _watching = Task.CompletedTask;

    private ChaosWorld(string folder, RunClock clock, AcceptLog accepts, IReadOnlyList<TestCluster> clusters)
    {
        (_folder, Clock, Accepts, Clusters) = (folder, clock, accepts, clusters);
        Kubeconfig = new KubeconfigFile(Path.Combine(folder, "kubeconfig"), clusters, clock);
        Truth = new Truth(clusters.Count, Applications, Kubeconfig.Switches);
    }

    public static IReadOnlyList<Application> Applications { get; } = [.. Pinned, .. Following];

    /// <summary>Twenty forwards: six to each cluster, and two that follow the current context.</summary>
    public static IReadOnlyList<Route> Routes { get; } =
    [
        .. from cluster in Enumerable.Range(0, ClusterCount)
           from application in Pinned
           select new Route($"{application.Name}-{cluster}", application, cluster)
           {
               BySelector = application.Name == "greet",
               Spread = application.Name == "echo-a",
           },
        .. Following.Select(application => new Route(application.Name, application, null)),
    ];

    public string Folder => _folder;

    public RunClock Clock { get; }

    public AcceptLog Accepts { get; }

    public IReadOnlyList<TestCluster> Clusters { get; }

    public KubeconfigFile Kubeconfig { get; }

    public Truth Truth { get; }

    public static async Task<ChaosWorld> StartAsync(RunClock clock, CancellationToken stopping)
    {
        var accepts = new AcceptLog();
        List<TestCluster> clusters = [];
        for (var i = 0; i < ClusterCount; i++)
        {
            var cluster = await TestCluster.StartAsync(
                new TestClusterOptions { PodTiming = Timing, Behaviours = new Behaviours(i, accepts, clock).For(Applications) }, stopping);
            clusters.Add(cluster);
            cluster.World.AddNamespace(KubeconfigFile.Namespace);
            foreach (var application in Applications)
            {
                cluster.World.AddApplication(
                    KubeconfigFile.Namespace, application.Name, application.Name, Application.ServicePort, Application.ContainerPort, application.Replicas);
            }
        }

        foreach (var cluster in clusters)
        {
            foreach (var application in Applications)
                await cluster.Pods.WaitReadyAsync(KubeconfigFile.Namespace, $"app={application.Name}", stopping, application.Replicas);
        }

        var world = new ChaosWorld(Directory.CreateTempSubdirectory("kftray-chaos-").FullName, clock, accepts, clusters);
        await world.Kubeconfig.WriteAsync();
        world._watching = Task.WhenAll(clusters.Select((_, i) => world.WatchAsync(i, world._stopping.Token)));
        return world;
    }

    /// <summary>The ready pods of an application, those whose application listens.</summary>
    public TestPod[] Ready(int cluster, Application application) => [.. Ready(cluster).Where(pod => IsOf(pod, application))];

    /// <summary>Something has changed that the cluster's API does not show.</summary>
    public void Look(int cluster) => Truth.SetReady(Clock.Now, cluster, [.. Ready(cluster).SelectMany(pod => Applications.Where(application => IsOf(pod, application)))]);

    /// <summary>For as long as a fault lasts, or until the run ends.</summary>
    public async Task LastAsync(TimeSpan duration, CancellationToken ending) =>
        await Clock.DelayAsync(duration, ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>One at a time for each cluster: a server that is stopped cannot be stopped again, nor frozen.</summary>
    public async Task<IDisposable> AloneAsync(int cluster)
    {
        await _alone[cluster].WaitAsync();
        return new Turn(_alone[cluster]);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var cluster in Clusters)
        {
            cluster.Connections.Thaw();
            cluster.Faults.Clear();
            await cluster.DisposeAsync();
        }

        _stopping.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private IEnumerable<TestPod> Ready(int cluster) =>
        Clusters[cluster].Pods.Ready(KubeconfigFile.Namespace, "").Where(pod => pod.EndPointOf(Application.ContainerPort) is not null);

    private static bool IsOf(TestPod pod, Application application) => pod.Name.StartsWith($"{application.Name}-", StringComparison.Ordinal);

    private async Task WatchAsync(int cluster, CancellationToken stopping)
    {
        var last = "";
        while (true)
        {
            await Clusters[cluster].Pods.WaitAsync(
                _ =>
                {
                    var now = string.Join(' ', Ready(cluster).Select(pod => pod.Name));
                    var changed = now != last;
                    last = now;
                    return changed;
                },
                stopping);
            Look(cluster);
        }
    }

    private sealed class Turn(SemaphoreSlim semaphore) : IDisposable
    {
        public void Dispose() => semaphore.Release();
    }
}
