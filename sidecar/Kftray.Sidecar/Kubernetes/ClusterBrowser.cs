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
                [.. s.Ports.Select(p => new BrowsePort(p.Name, p.Number, p.Protocol))], Annotated: ServiceAnnotations.Read(s))),
            .. foundPods.Where(p => !p.IsTerminating).Select(p => new BrowseWorkload(WorkloadType.Pod, p.Name, SelectorOf(p),
                [.. p.Ports.Select(port => new BrowsePort(port.Name, port.Number, port.Protocol))], p.Owner)),
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

    /// <summary>The labels that a pod shares with its siblings: well-known ones, else all but those that a controller gives each pod anew.</summary>
    private static string? SelectorOf(PodInfo pod)
    {
        string[] wellKnown = ["app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component", "app", "k8s-app", "component"];
        var keys = wellKnown.Where(pod.Labels.ContainsKey).ToArray();
        if (keys.Length == 0)
            keys = [.. pod.Labels.Keys.Where(key => !IsOfOnePod(key)).Order(StringComparer.Ordinal)];
        return keys.Length > 0 ? string.Join(',', keys.Select(key => $"{key}={pod.Labels[key]}")) : null;
    }

    // https://kubernetes.io/docs/reference/labels-annotations-taints/
    private static bool IsOfOnePod(string key) =>
        key is "pod-template-hash" or "controller-revision-hash" or "pod-template-generation" or "statefulset.kubernetes.io/pod-name"
            or "apps.kubernetes.io/pod-index" or "controller-uid" or "batch.kubernetes.io/controller-uid" or "job-name" or "batch.kubernetes.io/job-name";
}
