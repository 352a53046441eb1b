using System.Text.RegularExpressions;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;

namespace Kftray.Sidecar.Relay;

/// <summary>Every relay of this user: those of this process, of others, of none, and what the desktop app has left behind.</summary>
internal sealed partial class RelayInventory(ClusterRegistry clusters, RelaySet relays)
{
    // The desktop app gives its pods this label, and no owner.
    private const string DesktopLabel = "config_id";

    /// <exception cref="ForwardException">The kubeconfig cannot be used.</exception>
    public async Task<RelayListResult> ListAsync(RelayListParams query, CancellationToken cancellationToken)
    {
        var (found, faults) = await FindAsync(query.Kubeconfig, query.Contexts, cancellationToken);
        return new([.. found.Select(relay => relay.Info)], faults);
    }

    /// <exception cref="ForwardException">The kubeconfig cannot be used.</exception>
    public async Task<RelayRemoveResult> RemoveAsync(RelayRemoveParams wanted, CancellationToken cancellationToken)
    {
        // Looked for anew: only what is found as this user's is removed.
        string[] contexts = [.. wanted.Relays.Select(relay => relay.Context).Distinct()];
        var (found, faults) = await FindAsync(wanted.Kubeconfig, contexts, cancellationToken);
        List<RelayInfo> removed = [];
        foreach (var relay in found.Where(relay => wanted.Relays.Any(one => one.Context == relay.Info.Context && one.Uid == relay.Info.Uid)))
        {
            try
            {
                if (await relay.RemoveAsync(cancellationToken))
                    removed.Add(relay.Info);
            }
            catch (ApiStatusException e)
            {
                faults.Add(e.Fault);
            }
            catch (ForwardException e)
            {
                faults.Add(e.Fault);
            }
        }

        return new(removed, faults);
    }

    private async Task<(List<Found> Found, List<Fault> Faults)> FindAsync(
        IReadOnlyList<string>? kubeconfig, IReadOnlyList<string>? contexts, CancellationToken cancellationToken)
    {
        var watch = clusters.WatchKubeconfig(kubeconfig is { Count: > 0 } paths ? string.Join(Path.PathSeparator, paths) : null);
        var (config, fault) = watch.Current.Value;
        if (config is null)
            throw new ForwardException(fault!);
        var names = contexts ?? [.. new[] { config.CurrentContext }.Concat(relays.Places.Select(place => place.Context)).OfType<string>().Distinct()];
        List<Found> found = [];
        List<Fault> faults = [];
        foreach (var name in names)
        {
            try
            {
                var (cluster, context) = clusters.Open(watch, name);
                await FindAsync(cluster, context, found, cancellationToken);
            }
            catch (ApiStatusException e)
            {
                faults.Add(e.Fault);
            }
            catch (ForwardException e)
            {
                faults.Add(e.Fault);
            }
        }

        return (found, faults);
    }

    private async Task FindAsync(Cluster cluster, KubeContext context, List<Found> found, CancellationToken cancellationToken)
    {
        foreach (var job in await ListAsync(cluster, context, ResourceKinds.Jobs, RelayLabels.Of(relays.Owner), cancellationToken))
        {
            var info = new RelayInfo(
                context.Name, job.Namespace, job.Name, job.Uid, job.Annotations.GetValueOrDefault(RelayLabels.Title, ""), UseOf(job), job.CreatedAt);
            found.Add(new(info, stop => cluster.Writer.DeleteAsync(ResourceKinds.Jobs, job.Namespace, job.Name, job.Uid, stop)));
        }

        foreach (var pod in await ListAsync(cluster, context, ResourceKinds.Pods, DesktopLabel, cancellationToken))
        {
            if (!IsOfDesktopApp(pod.Name, pod.Labels.GetValueOrDefault("app")))
                continue;
            var info = new RelayInfo(context.Name, pod.Namespace, pod.Name, pod.Uid, "", RelayUse.DesktopApp, pod.CreatedAt);
            found.Add(new(info, stop => cluster.Writer.DeleteAsync(ResourceKinds.Pods, pod.Namespace, pod.Name, pod.Uid, stop)));
        }
    }

    private RelayUse UseOf(JobInfo job) =>
        relays.IsInUse(job.Uid) ? RelayUse.InUse : relays.Store.IsOrphan(job) ? RelayUse.Orphaned : RelayUse.InUseElsewhere;

    // kftray-forward-{user}-{protocol}-{unix time}-{6 random}, with the name in the label as well.
    private bool IsOfDesktopApp(string name, string? app) =>
        app == name && DesktopName().Match(name) is { Success: true } match
        && string.Equals(match.Groups["user"].Value, NotInNames().Replace(relays.Owner.User.ToLowerInvariant(), "-"), StringComparison.Ordinal);

    /// <summary>In all namespaces; where that is forbidden, in the context's and in those of this process's relays.</summary>
    private async Task<IReadOnlyList<T>> ListAsync<T>(
        Cluster cluster, KubeContext context, ResourceKind<T> kind, string selector, CancellationToken cancellationToken)
        where T : IResource
    {
        try
        {
            return (await cluster.Reader.ListAsync(kind, null, cancellationToken, selector)).Items;
        }
        catch (ApiStatusException e) when (e.Fault.Kind == FaultKind.Forbidden)
        {
            List<T> items = [];
            foreach (var ns in relays.Places.Where(place => place.Context == context.Name).Select(place => place.Namespace)
                .Append(context.Namespace ?? "default").Distinct())
                items.AddRange((await cluster.Reader.ListAsync(kind, ns, cancellationToken, selector)).Items);
            return items;
        }
    }

    [GeneratedRegex(@"^kftray-forward-(?<user>.+)-(tcp|udp)-[0-9]+-[a-z0-9]{6}\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex DesktopName();

    [GeneratedRegex("[^a-z0-9-]", RegexOptions.CultureInvariant)]
    private static partial Regex NotInNames();

    private sealed record Found(RelayInfo Info, Func<CancellationToken, Task<bool>> RemoveAsync);
}
