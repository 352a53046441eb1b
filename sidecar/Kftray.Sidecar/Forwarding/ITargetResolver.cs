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

    /// <summary>
    /// The last answer is in doubt: a pod of it could not be reached, or somebody waits for a better answer. The resolver looks
    /// again instead of trusting that it would have been told.
    /// </summary>
    /// <param name="fault">What went wrong; null when nothing did.</param>
    void Doubt(ForwardSpec spec, Fault? fault);
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

    /// <summary>What is as the user has it, and yet should be seen, such as a server that is not verified; null when there is nothing.</summary>
    public string? Notice { get; init; }

    /// <param name="Pods">Ready and not terminating; never empty; preferred first, in an order that does not change without reason.</param>
    internal sealed record Ready(IReadOnlyList<PodTarget> Pods) : Resolution;

    /// <param name="NextAttemptAt">Set when <paramref name="WaitingFor"/> is <see cref="Contract.WaitingFor.Time"/>.</param>
    internal sealed record Unavailable(Fault Fault, WaitingFor WaitingFor, DateTimeOffset? NextAttemptAt = null) : Resolution;
}

/// <summary>A pod and the port inside it, with the way there. Two are equal when they are the same pod of the same cluster.</summary>
internal sealed record PodTarget(string Namespace, string Name, string Uid, int Port, IPodDialer Dialer)
{
    /// <summary>
    /// Cancelled when the forward leads to another place: connections to this pod end then, so that nobody types into the wrong database.
    /// </summary>
    public CancellationToken Left { get; init; }
}
