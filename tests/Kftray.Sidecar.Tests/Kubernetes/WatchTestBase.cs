using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Kubernetes.Watching;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes;

/// <summary>A watch on the pods of a fake server, and waiting for what it knows and asks.</summary>
public abstract class WatchTestBase
{
    private protected World World { get; } = new();

    private protected WatchLease<PodInfo> Open() =>
        World.Registry.Open(World.Registry.WatchKubeconfig(null), null).Cluster.Watch(ResourceKinds.Pods, "shop");

    private protected async Task Watching(WatchLease<PodInfo> pods)
    {
        await Until(pods, s => s.IsKnown);
        await Request(World.Cluster, r => r.Contains("watch=true"));
    }

    private protected static async Task<WatchState<PodInfo>> Until(WatchLease<PodInfo> pods, Func<WatchState<PodInfo>, bool> condition)
    {
        while (true)
        {
            var version = pods.Current;
            if (condition(version.Value))
                return version.Value;
            await version.Superseded.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        }
    }

    private protected static async Task<bool> Request(FakeApi api, Func<string, bool> matches, int count = 1)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        while (api.Requests.Count(matches) < count)
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        return true;
    }
}
