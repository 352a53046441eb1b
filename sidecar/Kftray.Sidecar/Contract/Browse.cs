namespace Kftray.Sidecar.Contract;

/// <summary>
/// What a picker shows next. Without a context: the contexts. With a context: its namespaces. With a namespace too: what can be forwarded there.
/// </summary>
/// <param name="Remembered">
/// True to be answered at once with what was seen last, whatever its age, and never to wait for the cluster; what is old or missing is fetched
/// meanwhile for the next time. For completion, which asks at every key.
/// </param>
public sealed record BrowseParams(
    IReadOnlyList<string>? Kubeconfig = null, string? Context = null, string? Namespace = null, bool Remembered = false);

/// <param name="CurrentContext">The kubeconfig's current context.</param>
/// <param name="DefaultNamespace">The namespace that the browsed context names; null when it names none.</param>
public sealed record BrowseResult(
    IReadOnlyList<string> Contexts,
    string? CurrentContext,
    IReadOnlyList<string> Namespaces,
    string? DefaultNamespace,
    IReadOnlyList<BrowseWorkload> Workloads);

/// <param name="Selector">Label selector that finds the pod's siblings; null for services.</param>
/// <param name="Owner">Who keeps the pod running, in kubectl's words such as <c>deployment/web</c>; null for services and for pods of nobody.</param>
/// <param name="Annotated">The forwards that the service's annotations <c>kftray.app/*</c> ask for; null when they ask for none.</param>
public sealed record BrowseWorkload(
    WorkloadType Type,
    string Name,
    string? Selector,
    IReadOnlyList<BrowsePort> Ports,
    string? Owner = null,
    IReadOnlyList<AnnotatedForward>? Annotated = null);

/// <summary>A forward as the annotations of a service describe it.</summary>
/// <param name="LocalPort">1–65535.</param>
/// <param name="RemotePort">Number or name of a port of the service.</param>
public sealed record AnnotatedForward(string Alias, int LocalPort, string RemotePort);

public sealed record BrowsePort(string? Name, int Number, ForwardProtocol Protocol);
