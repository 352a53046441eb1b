namespace Kftray.Sidecar.Contract;

/// <summary>
/// What a picker shows next. Without a context: the contexts. With a context: its namespaces. With a namespace too: what can be forwarded there.
/// </summary>
public sealed record BrowseParams(IReadOnlyList<string>? Kubeconfig = null, string? Context = null, string? Namespace = null);

/// <param name="CurrentContext">The kubeconfig's current context.</param>
/// <param name="DefaultNamespace">The namespace that the browsed context names; null when it names none.</param>
public sealed record BrowseResult(
    IReadOnlyList<string> Contexts,
    string? CurrentContext,
    IReadOnlyList<string> Namespaces,
    string? DefaultNamespace,
    IReadOnlyList<BrowseWorkload> Workloads);

/// <param name="Selector">Label selector that finds the pod's siblings; null for services.</param>
public sealed record BrowseWorkload(WorkloadType Type, string Name, string? Selector, IReadOnlyList<BrowsePort> Ports);

public sealed record BrowsePort(string? Name, int Number, ForwardProtocol Protocol);
