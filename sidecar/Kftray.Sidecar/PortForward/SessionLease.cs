using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.PortForward;

/// <summary>Keeps a pool warm until it is disposed.</summary>
internal sealed class SessionLease(SessionPool pool, Task<Fault> lost) : ISessionLease
{
    private SessionPool? _pool = pool;

    public Task<Fault> Lost { get; } = lost;

    public TimeSpan? RoundTrip => _pool?.RoundTrip;

    public ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref _pool, null)?.EndLease();
        return ValueTask.CompletedTask;
    }
}
