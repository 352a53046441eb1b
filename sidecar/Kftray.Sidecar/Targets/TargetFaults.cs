using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Kubernetes.Watching;

namespace Kftray.Sidecar.Targets;

/// <summary>What resolvers answer when there is no pod to forward to.</summary>
internal static class TargetFaults
{
    /// <summary>
    /// How long the road to the API server may be broken before the pods known last stop to count. Shorter, and a restarting API server
    /// would hold connections that its sessions could still serve; longer, and every forward would dial a dead server by itself
    /// instead of waiting for the one watch that finds it again.
    /// </summary>
    internal static readonly TimeSpan StaleAfter = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The rule for old knowledge: while lists and watches fail, the last answer stands, with a warning, because a session is proven by itself.
    /// It stops to stand when the road itself is broken for <see cref="StaleAfter"/>. A server that answers, if only with a refusal, leaves
    /// the road open, so that its last answer stands for as long as it takes.
    /// </summary>
    /// <returns>Null when there is an answer to work with.</returns>
    public static Resolution.Unavailable? Unavailable<T>(WatchState<T> state) => state switch
    {
        { Trouble: null } => null,
        { IsKnown: true } when !BreaksRoad(state.Trouble.Fault.Kind) || state.Trouble.FailingFor < StaleAfter => null,
        _ => new(state.Trouble.Fault, WaitingForOf(state.Trouble.Fault.Kind), state.Trouble.NextAttemptAt),
    };

    /// <summary>The same rule for the road itself.</summary>
    /// <param name="known">What the last answers lead to; null when there were none.</param>
    public static Resolution? OverRoad(RoadState road, Resolution? known)
    {
        if (road.Fault is not { } fault)
            return known;
        if (known is Resolution.Ready ready && road.DownFor < StaleAfter)
            return ready with { Warning = fault.Message };
        return new Resolution.Unavailable(fault, WaitingForOf(fault.Kind), road.NextAttemptAt);
    }

    /// <summary>What the row has to say about the cluster's definition, whatever goes on there.</summary>
    public static string? Notice(KubeCluster cluster) => cluster.SkipsTlsVerification
        ? "The API server is not verified (insecure-skip-tls-verify): whoever is between can read and change everything."
        : null;

    public static Resolution.Unavailable Moving(string context) => Wait(FaultKind.ConnectionLost,
        $"The kubeconfig leads elsewhere now: looking for the target in context '{context}'.", null);

    public static Resolution.Unavailable NoService(string name, string ns, IEnumerable<string> others) => Wait(FaultKind.ServiceNotFound,
        $"There is no service '{name}' in namespace '{ns}'.",
        Spelling.Nearest(name, others) is { } nearest ? $"Did you mean '{nearest}'?" : "Check its name, the namespace and the context; it is waited for.");

    public static Resolution.Unavailable NoPod(string what, string ns, string? nearest = null) => Wait(FaultKind.PodNotFound,
        $"There is no {what} in namespace '{ns}'.",
        nearest is null ? "Check the name or the selector, the namespace and the context; it is waited for." : $"Did you mean '{nearest}'?");

    /// <param name="selector">What finds the pods, in words; null when they are not found by labels.</param>
    public static Resolution.Unavailable NotReady(string whose, IReadOnlyList<PodInfo> pods, string? selector = null)
    {
        var states = pods.Take(3).Select(p => $"{p.Name}: {(p.IsTerminating ? "terminating" : p.Problem ?? "not ready yet")}");
        return Wait(FaultKind.NoReadyPod,
            pods.Count == 0 ? $"There is no pod {whose}." : $"No pod {whose} is ready ({string.Join(", ", states)}{(pods.Count > 3 ? ", …" : "")}).",
            pods.Count > 0 ? PodProblems.Remedy(pods) ?? "It is waited for; the pod's events and logs tell why it takes time."
            : selector is null ? "Is it scaled to zero? It is waited for."
            : $"Is it scaled to zero, or are the labels of its pods others than {selector}? It is waited for.");
    }

    public static Resolution.Unavailable NoPort(PortReference port, string whose, IEnumerable<string> ports) => Wait(FaultKind.PortNotFound,
        $"There is no port {port} at {whose}.",
        ports.ToArray() switch
        {
            [] => "It declares no TCP ports.",
            [var only] => $"Its port is {only}.",
            var several => $"Its ports are {string.Join(", ", several)}.",
        });

    public static Resolution.Unavailable NoNamespace(string ns, string context) => Wait(FaultKind.NamespaceNotFound,
        $"There is no namespace '{ns}' in the cluster of context '{context}'.", "Check the namespace and the context.");

    public static Resolution.Unavailable Wait(FaultKind kind, string message, string? hint) =>
        new(new Fault(kind, message, hint), WaitingFor.Event);

    private static bool BreaksRoad(FaultKind kind) => kind is FaultKind.ServerUnreachable or FaultKind.ConnectionLost
        or FaultKind.ProxyFailed
        or FaultKind.TlsNotTrusted or FaultKind.CredentialsUnavailable or FaultKind.SignInRequired or FaultKind.Unauthorized or FaultKind.KubeconfigInvalid;

    private static WaitingFor WaitingForOf(FaultKind kind) =>
        kind is FaultKind.CredentialsUnavailable or FaultKind.SignInRequired or FaultKind.Unauthorized ? WaitingFor.User : WaitingFor.Time;
}
