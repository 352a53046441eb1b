using System.Buffers;
using System.Collections.Concurrent;
using Kftray.Relay;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Relay;

/// <summary>
/// Opens streams through relays: to the pod of the relay goes the way of every pod, and what the relay asks for is put before the first bytes.
/// A relay without a control port is an old one, which pipes TCP all the same and takes one datagram at a time.
/// </summary>
internal sealed class RelayDialer(IPodDialer pods, ForwardProtocol protocol, TimeProvider time, ILogger logger) : IPodDialer, IAsyncDisposable
{
    private static readonly TimeSpan WarningInterval = TimeSpan.FromSeconds(1);

    private readonly RelayKind _kind = protocol == ForwardProtocol.Udp ? RelayKind.Udp : RelayKind.Tcp;
    private readonly RelayProbe _probe = new(pods, time);
    private readonly ConcurrentDictionary<string, LockstepLanes> _lanes = [];
    private readonly LatestValue<string?> _warning = new(null);
    private readonly Lock _lock = new();

    // Guarded by _lock: the value has one writer at a time.
    private long _warnedAt;
    private long _dropped;

    public string? Transport => pods.Transport;

    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Why it works less well than it could; null when all is well.</summary>
    public LatestValue<string?>.Version Warning => _warning.Current;

    public async ValueTask<ISessionLease> WarmAsync(PodTarget target, CancellationToken cancellationToken)
    {
        var lease = await pods.WarmAsync(target, cancellationToken);
        try
        {
            await _probe.GenerationAsync(target, cancellationToken);
            return lease;
        }
        catch
        {
            await lease.DisposeAsync();
            throw;
        }
    }

    public async ValueTask<IPodStream> DialAsync(
        PodTarget target, ReadOnlyMemory<byte> firstBytes, TimeSpan halfCloseGrace, CancellationToken cancellationToken)
    {
        var isDatagrams = _kind == RelayKind.Udp;
        if (await _probe.GenerationAsync(target, cancellationToken) == RelayGeneration.Lockstep)
        {
            if (!isDatagrams)
                return await pods.DialAsync(target, firstBytes, halfCloseGrace, cancellationToken);
            var stream = new LockstepStream(_lanes.GetOrAdd(target.Uid, _ => new LockstepLanes(pods, target, time)), OnDropped);
            await stream.WriteAsync(firstBytes);
            return stream;
        }

        var length = RelayProtocol.HelloLength + firstBytes.Length;
        var hello = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            RelayProtocol.WriteHello(hello, _kind);
            firstBytes.CopyTo(hello.AsMemory(RelayProtocol.HelloLength));

            // Nothing is left of a flow that has ended: there is no reply to wait for.
            var grace = isDatagrams ? TimeSpan.Zero : halfCloseGrace;
            var inner = await pods.DialAsync(RelayProbe.ControlPortOf(target), hello.AsMemory(0, length), grace, cancellationToken);
            return new RelayStream(inner, isDatagrams, (status, text) => OnTrouble(target, status, text));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(hello);
        }
    }

    /// <summary>Tells the relay that somebody needs it.</summary>
    /// <returns>False when it did not answer. A relay that cannot be told is always fine.</returns>
    public ValueTask<bool> BeatAsync(PodTarget target, CancellationToken cancellationToken) => _probe.BeatAsync(target, cancellationToken);

    /// <summary>The pod is gone for good.</summary>
    public void Forget(string uid)
    {
        _lanes.TryRemove(uid, out _);
        _probe.Forget(uid);
    }

    public void Abandon(string @namespace, string pod, string uid)
    {
        Forget(uid);
        pods.Abandon(@namespace, pod, uid);
    }

    /// <summary>Of connections that are open nothing is taken: they have their own owners.</summary>
    public ValueTask DisposeAsync() => _probe.DisposeAsync();

    private void OnTrouble(PodTarget target, RelayStatus status, string text)
    {
        logger.RelayReported(target.Name, status, text);
        Warn(status == RelayStatus.Ok ? null : text);
    }

    private void OnDropped()
    {
        var dropped = Interlocked.Increment(ref _dropped);
        Warn($"The relay takes one datagram at a time, and {LockstepLanes.Limit} were waiting for an answer: {dropped} dropped. "
            + "A newer image of the relay has no such limit.");
    }

    private void Warn(string? warning)
    {
        lock (_lock)
        {
            if (_warning.Current.Value is not null && time.GetElapsedTime(_warnedAt) < WarningInterval)
                return;
            _warnedAt = time.GetTimestamp();
            if (warning != _warning.Current.Value)
                _warning.Publish(warning);
        }
    }
}
