using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>Answers the pickers: what is there to forward.</summary>
internal sealed class ClusterBrowser(ClusterRegistry clusters)
{
    /// <exception cref="ForwardException">The kubeconfig cannot be used, or the cluster could not or would not answer.</exception>
    public async Task<BrowseResult> BrowseAsync(BrowseParams query, CancellationToken cancellationToken)
    {
        var watch = clusters.WatchKubeconfig(query.Kubeconfig is { Count: > 0 } paths ? string.Join(Path.PathSeparator, paths) : null);
        var (kubeconfig, fault) = watch.Current.Value;
        if (kubeconfig is null)
            throw new ForwardException(fault!);

        var contexts = new BrowseResult(kubeconfig.Contexts, kubeconfig.CurrentContext, [], null, []);
        if (query.Context is null && query.Namespace is null)
            return contexts;

        try
        {
            var (cluster, context) = clusters.Open(watch, query.Context);
            await cluster.Road.AskAgainAsync(cancellationToken);
            var result = contexts with { DefaultNamespace = context.Namespace };
            return query.Namespace is { } ns
                ? result with { Workloads = await WorkloadsAsync(cluster.Reader, ns, cancellationToken) }
                : result with { Namespaces = await NamespacesAsync(cluster.Reader, context, cancellationToken) };
        }
        catch (ApiStatusException e)
        {
            throw new ForwardException(e.Fault, e);
        }
    }

    /// <summary>All of them; where listing is forbidden, the one that the context names.</summary>
    private static async Task<IReadOnlyList<string>> NamespacesAsync(ApiReader reader, KubeContext context, CancellationToken cancellationToken)
    {
        try
        {
            var page = await reader.ListAsync(ResourceKinds.Namespaces, null, cancellationToken);
            return [.. page.Items.Select(ns => ns.Name).Order(StringComparer.Ordinal)];
        }
        catch (ApiStatusException e) when (e.Fault.Kind == FaultKind.Forbidden)
        {
            return [context.Namespace ?? "default"];
        }
    }

    private static async Task<IReadOnlyList<BrowseWorkload>> WorkloadsAsync(ApiReader reader, string ns, CancellationToken cancellationToken)
    {
        var services = ListOrRefusalAsync(reader, ResourceKinds.Services, ns, cancellationToken);
        var pods = ListOrRefusalAsync(reader, ResourceKinds.Pods, ns, cancellationToken);
        await Task.WhenAll(services, pods);
        var ((foundServices, refusal), (foundPods, podRefusal)) = (await services, await pods);
        if (refusal is not null && podRefusal is not null)
            throw refusal;

        return
        [
            .. foundServices.Where(s => s.ExternalName is null).Select(s => new BrowseWorkload(WorkloadType.Service, s.Name, null,
                [.. s.Ports.Select(p => new BrowsePort(p.Name, p.Number, p.Protocol))])),
            .. foundPods.Where(p => !p.IsTerminating).Select(p => new BrowseWorkload(WorkloadType.Pod, p.Name, SelectorOf(p),
                [.. p.Ports.Select(port => new BrowsePort(port.Name, port.Number, port.Protocol))])),
        ];
    }

    /// <summary>One kind that may not be listed does not hide the other.</summary>
    private static async Task<(IReadOnlyList<T> Items, ApiStatusException? Refusal)> ListOrRefusalAsync<T>(
        ApiReader reader, ResourceKind<T> kind, string ns, CancellationToken cancellationToken)
        where T : IResource
    {
        try
        {
            var page = await reader.ListAsync(kind, ns, cancellationToken);
            return ([.. page.Items.OrderBy(item => item.Name, StringComparer.Ordinal)], null);
        }
        catch (ApiStatusException e) when (e.Fault.Kind == FaultKind.Forbidden)
        {
            return ([], e);
        }
    }

    /// <summary>The labels that a pod shares with its siblings: those that a controller or an automation gives each pod anew are left out.</summary>
    private static string? SelectorOf(PodInfo pod)
    {
        string[] wellKnown = ["app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component", "app", "k8s-app", "component"];
        var labels = wellKnown.Where(pod.Labels.ContainsKey).Select(key => $"{key}={pod.Labels[key]}").ToArray();
        return labels.Length > 0 ? string.Join(',', labels) : null;
    }
}
