using System.Runtime.CompilerServices;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Relay;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Targets;

/// <summary>
/// Follows a forward from the kubeconfig to its pods. Without a context of its own it goes along when the current context
/// changes, and with one it waits for that context to exist.
/// </summary>
internal sealed class TargetResolver(ClusterRegistry clusters, RelaySet relays, TimeProvider time, ILoggerFactory loggers) : ITargetResolver
{
    /// <summary>A file that the kubeconfig names may change without the kubeconfig changing.</summary>
    private static readonly TimeSpan ReopenInterval = TimeSpan.FromSeconds(5);

    public async IAsyncEnumerable<Resolution> ResolveAsync(ForwardSpec spec, [EnumeratorCancellation] CancellationToken stopping)
    {
        var kubeconfig = clusters.WatchKubeconfig(spec.Kubeconfig);
        Resolution? last = null;
        Stay? stay = null;
        try
        {
            while (true)
            {
                var version = kubeconfig.Current;
                var (place, fault) = Open(kubeconfig, spec);
                if (place is null)
                {
                    // Connections live on: they lead where they always led, and the place may only be out of sight.
                    var unavailable = new Resolution.Unavailable(fault!, WaitingFor.Event) { Context = spec.Context, Namespace = spec.Namespace };
                    if (unavailable != last)
                        yield return last = unavailable;
                    await WaitAsync([version.Superseded], ReopenInterval, stopping);
                    continue;
                }

                if (stay is not null && stay.Place != place)
                {
                    await stay.EndAsync();
                    stay = null;
                    yield return last = TargetFaults.Moving(place.Context) with { Context = place.Context, Namespace = place.Namespace };
                }

                stay ??= new Stay(place);
                await foreach (var resolution in FollowAsync(spec, kubeconfig, stay, stopping))
                    yield return last = resolution;
            }
        }
        finally
        {
            stay?.Dispose();
        }
    }

    public void Doubt(ForwardSpec spec, Fault? fault)
    {
        if (Open(clusters.WatchKubeconfig(spec.Kubeconfig), spec).Place is { } place)
            place.Cluster.Doubt(place.Namespace, fault);
    }

    /// <summary>The user signs in to the cluster that the forward leads to.</summary>
    /// <returns>Why there are still no credentials; null when there are.</returns>
    public Task<Fault?> SignInAsync(ForwardSpec spec, CancellationToken cancellationToken) =>
        Open(clusters.WatchKubeconfig(spec.Kubeconfig), spec) switch
        {
            ({ } place, _) => place.Cluster.SignInAsync(cancellationToken),
            var (_, fault) => Task.FromResult(fault),
        };

    /// <summary>The user asks for the next attempt: also for one that may open a browser.</summary>
    public void RetryForUser(ForwardSpec spec) => Open(clusters.WatchKubeconfig(spec.Kubeconfig), spec).Place?.Cluster.RetryNow(userIsThere: true);

    /// <summary>As long as the kubeconfig leads to this place.</summary>
    private async IAsyncEnumerable<Resolution> FollowAsync(
        ForwardSpec spec, KubeconfigWatch kubeconfig, Stay stay, [EnumeratorCancellation] CancellationToken stopping)
    {
        var place = stay.Place;
        await using var view = new NamespaceAwareView(View(spec, place), place.Cluster, place.Context, place.Namespace);
        var order = new StableOrder();
        Resolution? last = null;
        while (true)
        {
            // Taken before it is asked where the kubeconfig leads: a change in between is seen in the next round.
            var version = kubeconfig.Current;
            if (Open(kubeconfig, spec).Place != place)
                yield break;

            var road = place.Cluster.Road.Current;
            var changes = view.Refresh();
            var resolution = TargetFaults.OverRoad(road.Value, view.Resolve());
            if (resolution is Resolution.Ready ready)
                resolution = ready with { Pods = order.Apply([.. ready.Pods.Select(pod => pod with { Left = stay.Left })]) };
            if (resolution is not null)
            {
                resolution = resolution with { Context = place.Context, Namespace = place.Namespace, Notice = TargetFaults.Notice(place.Cluster.Context.Cluster) };
                if (!Same(resolution, last))
                    yield return last = resolution;
            }

            await WaitAsync([version.Superseded, road.Superseded, .. changes], Timeout.InfiniteTimeSpan, stopping);
        }
    }

    private ITargetView View(ForwardSpec spec, Place place) => (spec.WorkloadType, spec.Relay) switch
    {
        (WorkloadType.Service, null) => new ServiceResolver(spec, place.Cluster, place.Namespace),
        (WorkloadType.Pod, null) => new PodResolver(spec, place.Cluster, place.Namespace),
        (WorkloadType.Service or WorkloadType.Pod or WorkloadType.Proxy, { Service: not null } relay) =>
            new ExistingRelayResolver(spec, relay, place.Cluster, place.Namespace, time, loggers.CreateLogger<RelayDialer>()),
        (WorkloadType.Service or WorkloadType.Pod or WorkloadType.Proxy, var relay) => new RelayResolver(
            spec, relay ?? RelaySpec.Default, Destination.Of(spec, place.Cluster, place.Namespace), relays, place.Cluster, place.Namespace),
        (WorkloadType.Expose, _) => new NotSupportedView(spec.WorkloadType),
        _ => throw new ArgumentOutOfRangeException(nameof(spec), spec.WorkloadType, "Not a workload type."),
    };

    private (Place? Place, Fault? Fault) Open(KubeconfigWatch kubeconfig, ForwardSpec spec)
    {
        try
        {
            var (cluster, context) = clusters.Open(kubeconfig, spec.Context);
            return (new(cluster, context.Name, spec.Namespace ?? context.Namespace ?? "default"), null);
        }
        catch (ForwardException e)
        {
            return (null, e.Fault);
        }
    }

    private async Task WaitAsync(Task[] changes, TimeSpan limit, CancellationToken stopping)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        await Task.WhenAny([.. changes, Task.Delay(limit, time, waiting.Token)]);
        await waiting.CancelAsync();
        stopping.ThrowIfCancellationRequested();
    }

    private static bool Same(Resolution a, Resolution? b) => (a, b) switch
    {
        (Resolution.Ready x, Resolution.Ready y) => x with { Pods = y.Pods } == y && x.Pods.SequenceEqual(y.Pods),
        _ => a == b,
    };

    /// <summary>Where a forward leads; another value means that it has moved.</summary>
    private sealed record Place(Cluster Cluster, string Context, string Namespace);

    /// <summary>A forward's time at one place.</summary>
    private sealed class Stay(Place place) : IDisposable
    {
        private readonly CancellationTokenSource _left = new();

        public Place Place => place;

        /// <summary>Cancelled when the forward leads elsewhere.</summary>
        public CancellationToken Left => _left.Token;

        public async Task EndAsync()
        {
            await _left.CancelAsync();
            Dispose();
        }

        public void Dispose() => _left.Dispose();
    }
}
