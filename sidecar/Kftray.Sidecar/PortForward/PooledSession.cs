using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.PortForward.Spdy;

namespace Kftray.Sidecar.PortForward;

/// <summary>A session and what its pool knows about it. Guarded by the lock of the pool.</summary>
internal sealed class PooledSession(SpdySession session)
{
    public SpdySession Session { get; } = session;

    /// <summary>Chosen for this many streams that are about to be opened.</summary>
    public int Reserved { get; set; }

    /// <summary>Timestamp; null while in use.</summary>
    public long? IdleSince { get; set; }

    /// <summary>Ready for the next connection.</summary>
    public bool IsIdle => Reserved == 0 && Session.IsUsable && Session.Load is (0, false);

    /// <summary>May be closed. Not the same as idle: a client that has sent everything may still wait for the rest of the reply.</summary>
    public bool IsEmpty => Reserved == 0 && !Session.HasStreams;
}

/// <summary>Keeps a pool warm until it is disposed.</summary>
internal sealed class SessionLease(SessionPool pool, Task<Fault> lost) : ISessionLease
{
    private SessionPool? _pool = pool;

    public Task<Fault> Lost { get; } = lost;

    public ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref _pool, null)?.EndLease();
        return ValueTask.CompletedTask;
    }
}
