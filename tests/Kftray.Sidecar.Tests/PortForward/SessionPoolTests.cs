using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.PortForward;
using Kftray.Sidecar.PortForward.Spdy;
using Kftray.Sidecar.Tests.Fakes;
using Xunit;

namespace Kftray.Sidecar.Tests.PortForward;

public sealed class SessionPoolTests : TestBase
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly List<SpdyPeer> _peers = [];
    private readonly SessionLimits _limits = new();
    private readonly SessionPool _pool;
    private readonly List<SpdySession> _sessions = [];
    private TaskCompletionSource? _gate;
    private Fault? _refusal;
    private int _opened;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SessionPoolTests() => _pool = Own(new SessionPool(OpenSessionAsync, _limits, Time));

    [Fact]
    public async Task Connections_OneAfterTheOther_ReuseTheIdleSession()
    {
        for (var i = 0; i < 5; i++)
            await (await OpenAsync()).DisposeAsync();

        Assert.Equal(1, _opened);
    }

    [Fact]
    public async Task Connections_AtTheSameTime_GetASessionEachUpToTheCap()
    {
        for (var i = 0; i < 20; i++)
            await OpenAsync();

        Assert.Equal(8, _opened);
        Assert.Equal([2, 2, 2, 2, 3, 3, 3, 3], _peers.Select(peer => peer.Transport.Writes.Count).Order());
    }

    [Fact]
    public async Task Lease_WhileItIsHeld_KeepsASessionReadyForTheNextConnection()
    {
        await using var lease = await _pool.WarmAsync(TimeoutToken);
        await OpenAsync();

        await OpenedAsync(2);
        await OpenAsync();
        await OpenedAsync(3);

        Assert.False(lease.Lost.IsCompleted);
    }

    [Fact]
    public async Task Lease_WhenTheLastSessionDies_SaysWhyAndTheNextOneOpensAnother()
    {
        await using var lease = await _pool.WarmAsync(TimeoutToken);

        _peers[0].Close();
        Assert.Equal(FaultKind.ConnectionLost, (await lease.Lost.WaitAsync(TimeoutToken)).Kind);

        await using var next = await _pool.WarmAsync(TimeoutToken);
        Assert.False(next.Lost.IsCompleted);
        Assert.Equal(2, _opened);
    }

    [Fact]
    public async Task Connection_AfterItsSessionDied_GetsANewOne()
    {
        await (await OpenAsync()).DisposeAsync();
        _peers[0].Close();

        var stream = await OpenAsync();

        Assert.NotNull(stream);
        Assert.InRange(_opened, 1, 2);
    }

    [Fact]
    public async Task Refusal_OfTheOnlySession_ReachesTheConnection()
    {
        Refuse(FaultKind.Forbidden);

        var refused = await Assert.ThrowsAsync<ForwardException>(OpenAsync);

        Assert.Equal(FaultKind.Forbidden, refused.Fault.Kind);
        Assert.Equal(1, _opened);
    }

    [Fact]
    public async Task Refusal_OfASessionOfItsOwn_LetsTheConnectionShareAndIsNotRepeatedAtOnce()
    {
        await using (await _pool.WarmAsync(TimeoutToken))
        {
            await OpenedAsync(1);
            Refuse(FaultKind.Throttled);

            for (var i = 0; i < 10; i++)
                await OpenAsync();
            Assert.Equal(2, _opened);
            Time.Advance(TimeSpan.FromSeconds(1));
            await OpenAsync();
            Assert.Equal(3, _opened);

            // Twice as long after the second.
            Time.Advance(TimeSpan.FromSeconds(1));
            await OpenAsync();
            Assert.Equal(3, _opened);
            Time.Advance(TimeSpan.FromSeconds(1));
            Refuse(null);
            await OpenAsync();
            Assert.True(_opened >= 4);
            Assert.Equal(12, _peers[0].Transport.Writes.Count);
        }
    }

    [Fact]
    public async Task Cap_ThatTheSettingsLower_HoldsForTheNextConnections()
    {
        _limits.PerPod = 3;

        for (var i = 0; i < 9; i++)
            await OpenAsync();

        Assert.Equal(3, _opened);
        Assert.All(_peers, peer => Assert.Equal(3, peer.Transport.Writes.Count));
    }

    [Fact]
    public async Task Streams_WhoseClientHasEnded_LeaveTheirSessionToOthers()
    {
        _limits.PerPod = 2;
        for (var i = 0; i < 4; i++)
            await (await OpenAsync()).CompleteWritesAsync();

        Assert.Equal(1, _opened);
    }

    [Fact]
    public async Task Connection_WhileTheWarmSessionIsBeingOpened_TakesThatOne()
    {
        var gate = Hold();
        var warming = _pool.WarmAsync(TimeoutToken).AsTask();
        var opening = OpenAsync();
        var another = OpenAsync();
        await OpenedAsync(2);

        gate.SetResult();

        await (await warming.WaitAsync(TimeoutToken)).DisposeAsync();
        await opening.WaitAsync(TimeoutToken);
        await another.WaitAsync(TimeoutToken);
        Assert.Equal(2, _peers.Count(peer => peer.Transport.Writes.Count == 1));
    }

    [Fact]
    public async Task Connection_AtTheHardLimit_TakesThePlaceOfTheOneThatIsStalledLongest()
    {
        List<IPodStream> stalled = [];
        for (var i = 0; i < SessionLimits.Hard; i++)
        {
            stalled.Add(await OpenAsync());
            var (_, data) = await _peers[i].OpenedAsync(TimeoutToken);
            await _peers[i].SendAsync(SpdyPeer.Data(data, "nobody reads"));
            await UntilAsync(() => _sessions[i].Load.IsStalled);
            Time.Advance(TimeSpan.FromMilliseconds(100));
        }

        var served = await OpenAsync();

        Assert.NotNull(served);
        await UntilAsync(() => stalled[0].Lost.IsCancellationRequested);
        Assert.All(stalled.Skip(1), stream => Assert.False(stream.Lost.IsCancellationRequested));
        Assert.Equal(SessionLimits.Hard + 1, _opened);
        foreach (var stream in stalled)
            await stream.DisposeAsync();
    }

    [Fact]
    public async Task Witness_WhenAnotherSessionIsIdle_AsksItAndHears()
    {
        await OpenAsync();
        await (await OpenAsync()).DisposeAsync();
        var asking = _sessions[0];
        Time.Advance(TimeSpan.FromSeconds(1));
        var since = Time.GetTimestamp();
        Assert.False(_pool.HasHeard(asking, since));

        await _peers[1].OpenedAsync(TimeoutToken);
        PeerFrame frame;
        do
            frame = await _peers[1].NextAsync(TimeoutToken);
        while (frame.Type != SpdyControl.Ping);
        await _peers[1].SendAsync(SpdyPeer.Ping(frame.StreamId));

        await UntilAsync(() => _pool.HasHeard(asking, since));
        Assert.Equal(2, _opened);
    }

    [Fact]
    public async Task Witness_WhenThereIsNone_IsOpenedOnceAndHasHeard()
    {
        await OpenAsync();
        Time.Advance(TimeSpan.FromSeconds(1));
        var since = Time.GetTimestamp();

        Assert.False(_pool.HasHeard(_sessions[0], since));
        await OpenedAsync(2);

        await UntilAsync(() => _pool.HasHeard(_sessions[0], since));
        Assert.Equal(2, _opened);
    }

    [Fact]
    public async Task Session_ThatDiesInTheMiddleOfAFrame_EndsItsStreamsAloneAndTheNextOneServes()
    {
        var lost = await OpenAsync();
        var other = await OpenAsync();
        var (_, data) = await _peers[0].OpenedAsync(TimeoutToken);
        await _peers[0].SendAsync(SpdyPeer.Data(data, new byte[1000])[..500]);
        _peers[0].Close();

        await Assert.ThrowsAsync<EndOfConnectionException>(async () =>
        {
            while (!(await lost.ReadAsync(TimeoutToken)).IsEmpty)
            {
                // The part that came is the reader's.
            }
        });

        Assert.False(lost.Failure?.ApplicationGotNothing);
        Assert.Null(other.Failure);
        await OpenAsync();
        Assert.Equal(3, _opened);
    }

    [Fact]
    public async Task Connection_WhenEverySessionIsGoingAway_OpensAnother()
    {
        for (var i = 0; i < 8; i++)
            await OpenAsync();
        foreach (var peer in _peers.ToArray())
        {
            await peer.SendAsync(SpdyPeer.GoAway(), SpdyPeer.Ping(2));
            PeerFrame frame;
            do
                frame = await peer.NextAsync(TimeoutToken);
            while (frame.Type != SpdyControl.Ping);
        }

        await OpenAsync();

        Assert.Equal(9, _opened);
    }

    [Fact]
    public async Task Connection_NextToAStalledOne_NeverSharesItsSession()
    {
        var stalled = await OpenAsync();
        var (_, data) = await _peers[0].OpenedAsync(TimeoutToken);
        await _peers[0].SendAsync(SpdyPeer.Data(data, "nobody reads"));
        await Time.Armed(TimeSpan.FromSeconds(5)).WaitAsync(TimeoutToken);
        Time.Advance(TimeSpan.FromMilliseconds(100));

        for (var i = 0; i < 20; i++)
            await OpenAsync();

        Assert.Single(_peers[0].Transport.Writes);
        Assert.Equal(9, _opened);
        await stalled.DisposeAsync();
    }

    [Fact]
    public async Task Trim_OfASessionWhoseClientHasOnlyStoppedSending_LeavesItsReplyAlone()
    {
        var stream = await OpenAsync();
        var (error, data) = await _peers[0].OpenedAsync(TimeoutToken);
        await stream.CompleteWritesAsync();

        await _pool.TrimAsync();
        Time.Advance(TimeSpan.FromMinutes(1));
        await _pool.TrimAsync();

        await _peers[0].SendAsync(SpdyPeer.Data(data, "!", fin: true), SpdyPeer.Fin(error));
        Assert.Equal(1, (await stream.ReadAsync(TimeoutToken)).Length);
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task Trim_WithoutALease_ClosesIdleSessionsAndRetires()
    {
        await (await OpenAsync()).DisposeAsync();
        Assert.False(_pool.TryRetire());

        await _pool.TrimAsync();

        Assert.True(_peers[0].Transport.IsDisposed);
        Assert.True(_pool.TryRetire());
        Assert.True(_pool.IsRetired);
        await Assert.ThrowsAsync<ForwardException>(OpenAsync);
        await Assert.ThrowsAsync<ForwardException>(async () => await _pool.WarmAsync(TimeoutToken));
    }

    [Fact]
    public async Task Trim_WithALease_KeepsOneSessionForAsLongAsItLasts()
    {
        await using var lease = await _pool.WarmAsync(TimeoutToken);
        var streams = new[] { await OpenAsync(), await OpenAsync(), await OpenAsync() };
        await OpenedAsync(4);
        foreach (var stream in streams)
            await stream.DisposeAsync();

        await _pool.TrimAsync();
        Time.Advance(TimeSpan.FromSeconds(30));
        await _pool.TrimAsync();

        Assert.Single(_peers, peer => !peer.Transport.IsDisposed);
        Assert.False(lease.Lost.IsCompleted);
    }

    [Fact]
    public async Task Dispose_ClosesEverySessionAndLeavesNoTimer()
    {
        await using (await _pool.WarmAsync(TimeoutToken))
            await OpenAsync();

        await _pool.DisposeAsync();

        Assert.All(_peers, peer => Assert.True(peer.Transport.IsDisposed));
        Assert.Equal(0, Time.ArmedCount);
        await Assert.ThrowsAsync<ForwardException>(OpenAsync);
    }

    private async Task<IPodStream> OpenAsync() => await _pool.OpenStreamAsync(80, ReadOnlyMemory<byte>.Empty, Grace, TimeoutToken);

    private void Refuse(FaultKind? kind)
    {
        lock (_lock)
            _refusal = kind is { } refused ? new Fault(refused, "Refused.") : null;
    }

    private TaskCompletionSource Hold() => _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // What the pool learns from its sessions comes without an event.
    private async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            TimeoutToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private async Task OpenedAsync(int count)
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
            _peers.Add(peer);
            _sessions.Add(new SpdySession(peer.Transport, witness, Time, Log));
            return _sessions[^1];
        }
    }
}
