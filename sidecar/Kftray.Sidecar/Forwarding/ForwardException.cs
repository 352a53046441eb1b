using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Forwarding;

/// <summary>A failure that has been classified. Whoever catches it needs no other look at the cause.</summary>
internal sealed class ForwardException(Fault fault, Exception? inner = null) : Exception(fault.Message, inner)
{
    public Fault Fault { get; } = fault;

    /// <summary>How long not to ask again, as the server said; null when it said nothing.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
