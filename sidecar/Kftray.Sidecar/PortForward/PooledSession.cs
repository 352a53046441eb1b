namespace Kftray.Sidecar.PortForward;

/// <summary>A session and what its pool knows about it. Guarded by the lock of the pool.</summary>
internal sealed class PooledSession(IPodSession session)
{
    public IPodSession Session { get; } = session;

    /// <summary>Chosen for this many streams that are about to be opened.</summary>
    public int Reserved { get; set; }

    /// <summary>Timestamp; null while in use.</summary>
    public long? IdleSince { get; set; }

    /// <summary>Ready for the next connection.</summary>
    public bool IsIdle => Reserved == 0 && Session.IsUsable && Session.Load == default;

    /// <summary>May be closed. Not the same as idle: a client that has sent everything may still wait for the rest of the reply.</summary>
    public bool IsEmpty => Reserved == 0 && !Session.HasStreams;
}

/// <summary>A session that is being opened.</summary>
internal sealed class SessionOpening(Task<PooledSession> task, bool isClaimed)
{
    public Task<PooledSession> Task { get; } = task;

    /// <summary>True when a connection waits for it. Guarded by the lock of the pool.</summary>
    public bool IsClaimed { get; set; } = isClaimed;
}
