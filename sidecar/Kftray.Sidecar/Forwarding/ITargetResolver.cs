using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Forwarding;

/// <summary>Follows what a forward leads to.</summary>
internal interface ITargetResolver
{
    /// <summary>
    /// Yields the present answer first and then each change, until cancelled. It retries by itself: trouble is an
    /// <see cref="Resolution.Unavailable"/>, never an exception.
    /// </summary>
    IAsyncEnumerable<Resolution> ResolveAsync(ForwardSpec spec, CancellationToken stopping);
}

/// <summary>One answer of a <see cref="ITargetResolver"/>.</summary>
internal abstract record Resolution
{
    /// <summary>The context in use; null when not known yet.</summary>
    public string? Context { get; init; }

    /// <summary>The namespace in use; null when not known yet.</summary>
    public string? Namespace { get; init; }

    /// <summary>Why this works less well than it could; null when all is well.</summary>
    public string? Warning { get; init; }

    /// <param name="Pods">Ready and not terminating; never empty; preferred first, in an order that does not change without reason.</param>
    internal sealed record Ready(IReadOnlyList<PodTarget> Pods) : Resolution;

    /// <param name="NextAttemptAt">Set when <paramref name="WaitingFor"/> is <see cref="Contract.WaitingFor.Time"/>.</param>
    internal sealed record Unavailable(Fault Fault, WaitingFor WaitingFor, DateTimeOffset? NextAttemptAt = null) : Resolution;
}

/// <summary>A pod and the port inside it, with the way there. Two are equal when they are the same pod of the same cluster.</summary>
internal sealed record PodTarget(string Namespace, string Name, string Uid, int Port, IPodDialer Dialer);
