using System.Collections.Concurrent;
using Kftray.Testing.Pods;

namespace Kftray.Testing.PortForward;

/// <summary>One open session, as tests look at it.</summary>
public sealed class PortForwardSession
{
    private readonly Signal _changed;
    private int _open;
    private int _total;

    internal PortForwardSession(TestPod pod, string transport, Signal changed) => (Pod, Transport, _changed) = (pod, transport, changed);

    public TestPod Pod { get; }

    /// <summary><c>spdy</c>, <c>tunnel</c> or <c>channels</c>.</summary>
    public string Transport { get; }

    /// <summary>Connections (pairs of streams) that have not ended on both sides.</summary>
    public int OpenConnections => Volatile.Read(ref _open);

    /// <summary>All connections that were ever opened in it.</summary>
    public int TotalConnections => Volatile.Read(ref _total);

    internal void ConnectionOpened()
    {
        Interlocked.Increment(ref _open);
        Interlocked.Increment(ref _total);
        _changed.Set();
    }

    internal void ConnectionEnded()
    {
        Interlocked.Decrement(ref _open);
        _changed.Set();
    }
}

/// <summary>The open port-forward sessions of the cluster.</summary>
public sealed class PortForwardSessions
{
    private readonly ConcurrentDictionary<PortForwardSession, bool> _open = new();
    private readonly Signal _changed = new();
    private int _total;

    internal PortForwardSessions()
    {
    }

    public IReadOnlyCollection<PortForwardSession> Open => [.. _open.Keys];

    /// <summary>Sessions that were ever opened.</summary>
    public int Total => Volatile.Read(ref _total);

    public int OpenConnections => _open.Keys.Sum(session => session.OpenConnections);

    public Task WaitAsync(Func<PortForwardSessions, bool> condition, CancellationToken cancellationToken) =>
        _changed.UntilAsync(() => condition(this), cancellationToken);

    internal PortForwardSession Begin(TestPod pod, string transport)
    {
        var session = new PortForwardSession(pod, transport, _changed);
        _open[session] = true;
        Interlocked.Increment(ref _total);
        _changed.Set();
        return session;
    }

    internal void End(PortForwardSession session)
    {
        _open.TryRemove(session, out _);
        _changed.Set();
    }
}
