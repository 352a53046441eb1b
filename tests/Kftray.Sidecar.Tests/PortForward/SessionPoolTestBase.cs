using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.PortForward;
using Kftray.Sidecar.PortForward.Spdy;
using Kftray.Sidecar.Tests.Fakes;

namespace Kftray.Sidecar.Tests.PortForward;

/// <summary>A pool whose sessions lead to servers that the test plays.</summary>
public abstract class SessionPoolTestBase : TestBase
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();

    // Guarded by _lock.
    private Fault? _refusal;
    private int _opened;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private TaskCompletionSource? _gate;

    private protected SessionPoolTestBase() => Pool = Own(new SessionPool(OpenSessionAsync, Limits, Time));

    private protected SessionPool Pool { get; }

    private protected SessionLimits Limits { get; } = new();

    /// <summary>Sessions and the servers at their other ends, in the order in which they were opened.</summary>
    private protected List<SpdySession> Sessions { get; } = [];

    private protected List<SpdyPeer> Peers { get; } = [];

    /// <summary>Sessions that were asked for, refused or not.</summary>
    private protected int Opened
    {
        get
        {
            lock (_lock)
                return _opened;
        }
    }

    private protected async Task<IPodStream> OpenAsync() => await Pool.OpenStreamAsync(80, ReadOnlyMemory<byte>.Empty, Grace, TimeoutToken);

    /// <summary>What the server answers from now on; null: it accepts.</summary>
    private protected void Refuse(FaultKind? kind)
    {
        lock (_lock)
            _refusal = kind is { } refused ? new Fault(refused, "Refused.") : null;
    }

    /// <summary>Sessions are not open before this completes.</summary>
    private protected TaskCompletionSource Hold() => _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // What the pool learns from its sessions comes without an event.
    private protected async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            TimeoutToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private protected async Task OpenedAsync(int count)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_opened >= count)
                    return;
                changed = _changed.Task;
            }

            await changed.WaitAsync(TimeoutToken);
        }
    }

    private async Task<IPodSession> OpenSessionAsync(IPathWitness witness, CancellationToken stopping)
    {
        await Task.Yield();
        lock (_lock)
        {
            _opened++;
            _changed.TrySetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_refusal is not null)
                throw new ForwardException(_refusal);
        }

        if (_gate is { } gate)
            await gate.Task.WaitAsync(stopping);
        lock (_lock)
        {
            var peer = new SpdyPeer();
            Peers.Add(peer);
            Sessions.Add(new SpdySession(peer.Transport, witness, Time, Log));
            return Sessions[^1];
        }
    }
}
