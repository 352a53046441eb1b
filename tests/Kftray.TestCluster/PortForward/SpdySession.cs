using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Threading.Channels;
using Kftray.Testing.Pods;

namespace Kftray.Testing.PortForward;

/// <summary>
/// The server's side of one SPDY session, with the habits of moby/spdystream that clients feel: five workers, each with a queue of 50
/// frames, a stream belongs to the worker of its id modulo 5, pings and goodbyes go round. There is no flow control: a worker whose
/// application does not read stops, its queue fills, and then the reader stops for all.
/// </summary>
internal sealed class SpdySession(SpdyWire wire, TestPod pod, RuntimeCharacter runtime, TimeProvider time, PortForwardSession observed)
{
    private const int WorkerCount = 5;
    private const int QueueLength = 50;

    private readonly ConcurrentDictionary<string, StreamPair> _pairs = new();
    private readonly ConcurrentDictionary<uint, StreamPair> _streams = new();
    private readonly ConcurrentDictionary<StreamPair, Task> _relays = new();
    private readonly SpdyHeaderWriter _headers = new();
    private readonly SemaphoreSlim _writing = new(1);
    private uint _lastStreamId;
    private volatile bool _isOver;

    /// <summary>Serves until the client, the network or the cluster ends it.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var queues = Enumerable.Range(0, WorkerCount).Select(_ => NewQueue()).ToArray();
        var workers = queues.Select(queue => WorkAsync(queue.Reader, stopping)).ToArray();
        try
        {
            using var reader = new SpdyFrameReader(wire);
            var round = 0;
            while (await reader.ReadAsync(stopping) is { } frame)
            {
                if (frame.Type == SpdyFrameType.SynStream && !await IsNewStreamAsync(frame)) continue;
                var worker = frame.Type is SpdyFrameType.Ping or SpdyFrameType.GoAway ? round++ % WorkerCount : (int)(frame.Id % WorkerCount);
                await queues[worker].Writer.WriteAsync(frame, stopping);
            }
        }
        catch (Exception e) when (IsEndOfConnection(e))
        {
            // However the client left, what follows is the same.
        }

        _isOver = true;
        foreach (var queue in queues) queue.Writer.Complete();
        foreach (var pair in _streams.Values) pair.ClientGone();
        await Task.WhenAll(workers);
        await Task.WhenAll(_relays.Values);
        await wire.CloseAsync();
        _writing.Dispose();
    }

    /// <summary>Writes a data frame from a buffer that has room for the header in front of the payload.</summary>
    /// <returns>False when the session is broken.</returns>
    public Task<bool> WriteDataAsync(uint streamId, byte[] buffer, int length, byte flags)
    {
        SpdyFrame.WriteDataHeader(buffer, streamId, flags, length);
        return WriteAsync(buffer.AsMemory(0, SpdyFrame.HeaderLength + length));
    }

    public Task<bool> WriteResetAsync(uint streamId, uint status) => WriteControlAsync(SpdyFrameType.RstStream, streamId, status);

    /// <summary>Called by a pair when it is over: its streams are unknown from then on.</summary>
    public void Forget(StreamPair pair)
    {
        _pairs.TryRemove(pair.RequestId, out _);
        if (pair.DataId is { } data) _streams.TryRemove(data, out _);
        if (pair.ErrorId is { } error) _streams.TryRemove(error, out _);
        _relays.TryRemove(pair, out _);
        observed.ConnectionEnded();
    }

    public static bool IsEndOfConnection(Exception exception) => exception is IOException or OperationCanceledException or InvalidDataException
        or System.Net.WebSockets.WebSocketException or ObjectDisposedException or System.Net.Sockets.SocketException or InvalidOperationException
        or ChannelClosedException;

    private static Channel<SpdyFrame> NewQueue() =>
        Channel.CreateBounded<SpdyFrame>(new BoundedChannelOptions(QueueLength) { SingleReader = true, SingleWriter = true });

    private async Task WorkAsync(ChannelReader<SpdyFrame> queue, CancellationToken stopping)
    {
        try
        {
            await foreach (var frame in queue.ReadAllAsync(stopping))
            {
                await HandleAsync(frame);
                frame.Return();
            }
        }
        catch (OperationCanceledException)
        {
            // The cluster ends; the pooled buffers that are still queued go with it.
        }
    }

    private async ValueTask HandleAsync(SpdyFrame frame)
    {
        switch (frame.Type)
        {
            case SpdyFrameType.SynStream:
                await OpenAsync(frame.Id, frame.Headers!);
                break;
            case SpdyFrameType.Data when _streams.TryGetValue(frame.Id, out var pair) && frame.Id == pair.DataId:
                if (frame.Length > 0) await pair.DeliverAsync(frame.Payload);
                if (frame.IsFin) pair.ClientFinished();
                break;
            case SpdyFrameType.RstStream when _streams.TryGetValue(frame.Id, out var pair) && frame.Id == pair.DataId:
                pair.ClientReset();
                break;
            case SpdyFrameType.Ping:
                await WriteControlAsync(SpdyFrameType.Ping, frame.Id);
                break;
        }
    }

    private async Task OpenAsync(uint id, IReadOnlyDictionary<string, string> headers)
    {
        var type = headers.GetValueOrDefault("streamtype");
        if (type is not ("data" or "error")
            || !int.TryParse(headers.GetValueOrDefault("port"), out var port) || port is < 1 or > 65535)
        {
            await WriteResetAsync(id, SpdyFrame.Cancel);
            return;
        }

        // Old clients send no request id: their data stream follows its error stream at once.
        var requestId = headers.GetValueOrDefault("requestid") ?? (type == "error" ? id : id - 2).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var pair = _pairs.GetOrAdd(requestId, key => new StreamPair(this, pod, runtime, time, key, port));
        if (!pair.TryAdd(type, id, out var isFirst))
        {
            await WriteResetAsync(id, SpdyFrame.ProtocolError);
            return;
        }

        _streams[id] = pair;
        await WriteReplyAsync(id);
        if (isFirst)
        {
            observed.ConnectionOpened();
            _relays[pair] = pair.RunAsync();
        }

        pair.CompleteIfBoth();
        // Opened by a frame that was still queued when the client left.
        if (_isOver) pair.ClientGone();
    }

    private async ValueTask<bool> IsNewStreamAsync(SpdyFrame frame)
    {
        if (frame.Id % 2 == 1 && frame.Id > _lastStreamId)
        {
            _lastStreamId = frame.Id;
            return true;
        }

        await WriteResetAsync(frame.Id, SpdyFrame.ProtocolError);
        return false;
    }

    private async Task<bool> WriteReplyAsync(uint id)
    {
        await _writing.WaitAsync();
        try
        {
            var block = _headers.NextEmpty();
            var frame = new byte[SpdyFrame.HeaderLength + 4 + block.Length];
            SpdyFrame.WriteControlHeader(frame, SpdyFrameType.SynReply, 0, 4 + block.Length);
            BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(SpdyFrame.HeaderLength), id);
            block.CopyTo(frame, SpdyFrame.HeaderLength + 4);
            return await WriteLockedAsync(frame);
        }
        finally
        {
            _writing.Release();
        }
    }

    private Task<bool> WriteControlAsync(SpdyFrameType type, params ReadOnlySpan<uint> words)
    {
        var frame = new byte[SpdyFrame.HeaderLength + (4 * words.Length)];
        SpdyFrame.WriteControlHeader(frame, type, 0, 4 * words.Length);
        for (var i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(SpdyFrame.HeaderLength + (4 * i)), words[i]);
        return WriteAsync(frame);
    }

    private async Task<bool> WriteAsync(ReadOnlyMemory<byte> frame)
    {
        await _writing.WaitAsync();
        try
        {
            return await WriteLockedAsync(frame);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async ValueTask<bool> WriteLockedAsync(ReadOnlyMemory<byte> frame)
    {
        try
        {
            // No token: half a frame would be the end of the session.
            await wire.WriteAsync(frame, CancellationToken.None);
            return true;
        }
        catch (Exception e) when (IsEndOfConnection(e))
        {
            return false;
        }
    }
}
