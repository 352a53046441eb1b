using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.PortForward;

/// <summary>
/// Keeps to what a server has asked for with <c>Retry-After</c>: until then no session is asked for by any forward of its cluster. What exists
/// goes on, and is shared.
/// </summary>
internal sealed class ServerPatience(TimeProvider time)
{
    // A server that asks for more has made a mistake.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();

    // Guarded by _lock.
    private DateTimeOffset _until;
    private Fault? _fault;

    public void AskedFor(TimeSpan duration, Fault fault)
    {
        lock (_lock)
            (_until, _fault) = (time.GetUtcNow() + (duration < Longest ? duration : Longest), fault);
    }

    /// <exception cref="ForwardException">The server wants to be left alone for a while; it has not been asked.</exception>
    public void ThrowIfAskedFor()
    {
        lock (_lock)
        {
            if (_fault is not null && _until - time.GetUtcNow() is { Ticks: > 0 } left)
                throw new ForwardException(_fault) { RetryAfter = left };
        }
    }
}
