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
    private readonly SessionPool _pool;
    private Fault? _refusal;
    private int _opened;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SessionPoolTests() => _pool = Own(new SessionPool(OpenSessionAsync, Time));

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
    public async Task Refusal_OfASession_ReachesTheConnectionAndIsNotRepeatedByItself()
    {
        await using (await _pool.WarmAsync(TimeoutToken))
        {
            await OpenedAsync(1);
            lock (_lock)
                _refusal = new Fault(FaultKind.Forbidden, "Forbidden.");
            await OpenAsync();
            await OpenedAsync(2);

            var refused = await Assert.ThrowsAsync<ForwardException>(OpenAsync);

            Assert.Equal(FaultKind.Forbidden, refused.Fault.Kind);
            Assert.InRange(_opened, 2, 4);
        }
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

    private async Task<SpdyStream> OpenAsync() => await _pool.OpenStreamAsync(80, ReadOnlyMemory<byte>.Empty, Grace, TimeoutToken);

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

    private async Task<SpdySession> OpenSessionAsync(CancellationToken stopping)
    {
        await Task.Yield();
        lock (_lock)
        {
            _opened++;
            _changed.TrySetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_refusal is not null)
                throw new ForwardException(_refusal);
            var peer = new SpdyPeer();
            _peers.Add(peer);
            return new SpdySession(peer.Transport, Time, Log);
        }
    }
}
