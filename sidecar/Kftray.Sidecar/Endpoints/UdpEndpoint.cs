using System.Net;
using System.Net.Sockets;
using Kftray.Relay;
using Kftray.Sidecar.Datagrams;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Endpoints;

/// <summary>
/// A bound UDP socket and a flow for each local peer. The loop that receives is <see cref="AcceptAsync"/>, which returns whenever a peer is new.
/// UDP drops, it does not block: what cannot be taken is counted.
/// </summary>
internal sealed class UdpEndpoint : ILocalEndpoint
{
    /// <summary>Of a flow on which nothing moves, in either direction.</summary>
    public static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(120);

    /// <summary>Programs that ask from a new port each time have many short flows: beyond so many those that are idle for longest make room.</summary>
    public const int ManyFlows = 512;

    /// <summary>Those that wait for an answer stay as long as there are not so many: the answer would be lost, and nobody could count it.</summary>
    /// <remarks>Half of what the relay serves by default: some of those that ended here have yet to end there.</remarks>
    public const int MaxFlows = 2048;

    // A resolver's patience, as a rule. Who sends and is never answered is idle after this.
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(5);

    // What may be received for all flows together and not yet be read.
    private const long MemoryLimit = 64 * 1024 * 1024;

    // Readers are told of what came when nothing more is there, and at the latest after so many.
    private const int Batch = 64;

    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(50);

    private readonly IDatagramSocket _socket;
    private readonly TimeProvider _time;
    private readonly ITimer _idleTimer;
    private readonly DatagramBudget _budget = new(MemoryLimit);
    private readonly byte[] _datagram = GC.AllocateUninitializedArray<byte>(64 * 1024, pinned: true);
    private readonly SocketAddress _peer;

    // Used by the receiving loop only.
    private readonly List<UdpFlow> _touched = [];

    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly Dictionary<SocketAddress, UdpFlow> _flows = [];

    private long _dropped;

    public UdpEndpoint(IDatagramSocket socket, TimeProvider time)
    {
        _socket = socket;
        _time = time;
        _peer = new SocketAddress(socket.LocalEndPoint.AddressFamily);
        _idleTimer = time.CreateTimer(static self => ((UdpEndpoint)self!).EndIdle(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public IPEndPoint LocalEndPoint => _socket.LocalEndPoint;

    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>The present timestamp.</summary>
    public long Now => _time.GetTimestamp();

    public async ValueTask<IDuplexConnection> AcceptAsync(CancellationToken stopping)
    {
        var taken = 0;
        while (true)
        {
            try
            {
                var receiving = _socket.ReceiveAsync(_datagram, _peer, stopping);
                if (!receiving.IsCompleted)
                    WakeReaders(isIdle: true);
                else if (++taken % Batch == 0)
                    WakeReaders();
                var length = await receiving;
                if (Deliver(_datagram.AsSpan(0, length)) is not { } opened)
                    continue;
                WakeReaders();
                return opened;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.MessageSize)
            {
                CountDropped(1);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.NetworkReset or SocketError.ConnectionRefused)
            {
                // An earlier reply did not reach its peer. That is no news about the others.
            }
            catch (SocketException e) when (e.SocketErrorCode is not SocketError.OperationAborted)
            {
                // Short of memory, as a rule: the socket itself is fine. The pause keeps it from burning a core.
                await Task.Delay(PauseAfterFailure, _time, stopping);
            }
        }
    }

    /// <summary>Sends a reply to the peer of a flow.</summary>
    public void Send(ReadOnlySpan<byte> datagram, SocketAddress peer)
    {
        try
        {
            _socket.Send(datagram, peer);
        }
        catch (SocketException)
        {
            // The peer's trouble, too large for the way there, or no room.
            CountDropped(1);
        }
        catch (ObjectDisposedException e)
        {
            throw new EndOfConnectionException("The endpoint was closed.", e);
        }
    }

    public void CountDropped(int datagrams) => Interlocked.Add(ref _dropped, datagrams);

    /// <summary>The peer's next datagram begins another flow.</summary>
    public void Forget(UdpFlow flow)
    {
        lock (_lock)
        {
            if (_flows.TryGetValue(flow.Peer, out var known) && known == flow)
                _flows.Remove(flow.Peer);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _idleTimer.DisposeAsync();
        _socket.Dispose();
    }

    /// <returns>The flow, if it is new.</returns>
    private UdpFlow? Deliver(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length > RelayProtocol.MaxDatagramLength)
        {
            CountDropped(1);
            return null;
        }

        var now = Now;
        var (flow, isNew) = FlowOf(now);
        if (!flow.Received.TryAdd(datagram))
        {
            CountDropped(1);
            if (isNew)
                Forget(flow);
            return null;
        }

        flow.Asked(now);
        if (!flow.IsTouched)
        {
            flow.IsTouched = true;
            _touched.Add(flow);
        }

        return isNew ? flow : null;
    }

    private (UdpFlow Flow, bool IsNew) FlowOf(long now)
    {
        lock (_lock)
        {
            if (_flows.TryGetValue(_peer, out var known))
                return (known, false);
            if (_flows.Count >= ManyFlows)
                MakeRoom();
            var peer = new SocketAddress(_peer.Family, _peer.Size);
            _peer.Buffer.Span[.._peer.Size].CopyTo(peer.Buffer.Span);
            var opened = new UdpFlow(this, peer, new DatagramQueue(_budget), now);
            _flows.Add(peer, opened);
            if (_flows.Count == 1)
                _idleTimer.Change(IdleTimeout, Timeout.InfiniteTimeSpan);
            return (opened, true);
        }
    }

    // Under _lock.
    private void MakeRoom()
    {
        var idle = _flows.Values.Where(flow => !flow.IsWaiting || _time.GetElapsedTime(flow.LastActive) >= AnswerTime)
            .OrderBy(flow => flow.LastActive).Take(_flows.Count - ManyFlows + 1).ToArray();
        foreach (var flow in idle)
            flow.End();
        if (_flows.Count >= MaxFlows)
            _flows.Values.MinBy(flow => flow.LastActive)!.End();
    }

    // When there is nothing else to do the last of them goes on here, which saves a lone question the way to another thread.
    private void WakeReaders(bool isIdle = false)
    {
        for (var i = 0; i < _touched.Count; i++)
        {
            _touched[i].IsTouched = false;
            _touched[i].Received.Wake(here: isIdle && i == _touched.Count - 1);
        }

        _touched.Clear();
    }

    private void EndIdle()
    {
        lock (_lock)
        {
            var next = IdleTimeout;
            foreach (var flow in _flows.Values.ToArray())
            {
                var left = IdleTimeout - _time.GetElapsedTime(flow.LastActive);
                if (left <= TimeSpan.Zero)
                    flow.End();
                else if (left < next)
                    next = left;
            }

            if (_flows.Count > 0)
                _idleTimer.Change(next, Timeout.InfiniteTimeSpan);
        }
    }
}
