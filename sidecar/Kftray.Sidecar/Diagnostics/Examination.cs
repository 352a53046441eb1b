using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;

namespace Kftray.Sidecar.Diagnostics;

/// <summary>
/// One examination: the forward, and what the checks have learnt so far. A check sets what it is named for before it completes, and those
/// that need it begin after that; so nothing here needs a lock.
/// </summary>
/// <param name="snapshot">The forward as it was when the examination began.</param>
internal sealed class Examination(ForwardSpec spec, ForwardSnapshot snapshot)
{
    public ForwardSpec Spec { get; } = spec;

    public ForwardSnapshot Snapshot { get; } = snapshot;

    /// <summary>True when the forward listens here and now.</summary>
    public bool IsListening => Snapshot.Status is ForwardStatus.Active or ForwardStatus.Reconnecting or ForwardStatus.Starting && Snapshot.LocalPort != 0;

    /// <summary>True when the pod that connections go to is a relay.</summary>
    public bool NeedsRelay => Spec.NeedsRelay;

    /// <summary>True when to go further, a relay would have to be started, which is not the doctor's to do.</summary>
    public bool IsWithoutRelay => Spec is { NeedsRelay: true, Relay: not { Service: not null } } && !IsListening;

    /// <summary>Set by the check of the kubeconfig.</summary>
    public KubeconfigWatch? Kubeconfig { get; set; }

    /// <summary>Set by the check of the context.</summary>
    public KubeContext? Context { get; set; }

    /// <summary>Set by the check of the context.</summary>
    public Cluster? Cluster { get; set; }

    public string Namespace => Spec.Namespace ?? Context?.Namespace ?? "default";

    /// <summary>What the forward's own resolver says. Set by the check of the target.</summary>
    public Resolution? Resolution { get; set; }

    /// <summary>How long it takes to the pod's node and back, as far as it is known. Set by the check of the way to the pod.</summary>
    public TimeSpan RoundTrip { get; set; }

    /// <summary>The pod that new connections go to. Set by the check of the pods.</summary>
    public PodTarget? Target { get; set; }
}
