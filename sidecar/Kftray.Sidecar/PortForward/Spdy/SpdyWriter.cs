using System.Buffers;
using System.Buffers.Binary;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.PortForward.Spdy;

/// <summary>
/// The sending side of a session. Frames of all its streams are appended to one buffer; whoever gets the gate writes all that is there, so
/// what gathers while a write is under way leaves in the next one.
/// </summary>
internal sealed class SpdyWriter : IAsyncDisposable
{
    // A burst may grow a buffer; beyond this it is given back.
    private const int KeptCapacity = 256 * 1024;

    // A write that takes this long waits for somebody who does not read.
    private static readonly TimeSpan BlockedAfter = TimeSpan.FromSeconds(1);

    private readonly Stream _transport;
    private readonly TimeProvider _time;
    private readonly Action<Exception> _onBroken;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly SemaphoreSlim _posted = new(0, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _postedLoop;

    // Guarded by _lock. Frames stand in it in the order of their stream ids, as SPDY demands.
    private ArrayBufferWriter<byte> _pending = new();
    private ArrayBufferWriter<byte> _spare = new();
    private bool _firstHeaderBlock = true;
    private int _nextStreamId = 1;
    private long _appended;
    private long _streamFrames;
    private int _attemptedBelow;

    // Written inside the gate only.
    private long _flushed;
    private Exception? _broken;
    private long _writeBegan;

    /// <param name="onBroken">Called once, when the transport has refused a write: nothing can be sent any more.</param>
    public SpdyWriter(Stream transport, TimeProvider time, Action<Exception> onBroken)
    {
        _transport = transport;
        _time = time;
        _onBroken = onBroken;
        _postedLoop = FlushPostedAsync(_closing.Token);
    }

    /// <summary>Timestamp of the write that waits; null while the other side takes what is sent.</summary>
    public long? BlockedSince => Volatile.Read(ref _writeBegan) is not 0 and var began && _time.GetElapsedTime(began) >= BlockedAfter ? began : null;

    /// <summary>
    /// Frames of streams so far. The server hands them to the application one after the other, and stops to read, pings included, when it
    /// does not take them.
    /// </summary>
    public long StreamFrames
    {
        get
        {
            lock (_lock)
                return _streamFrames;
        }
    }

    /// <summary>True when frames of the stream were handed to the transport, whether it took them or failed half way.</summary>
    public bool MayHaveSent(int streamId)
    {
        lock (_lock)
            return streamId < _attemptedBelow;
    }

    /// <summary>
    /// Sends what opens a forwarded connection: the error stream with our side closed, the data stream, and the first bytes, in one write.
    /// </summary>
    /// <param name="register">Called with the two ids before anything can be received for them.</param>
    public ValueTask OpenAsync(int port, int requestId, ReadOnlySpan<byte> firstBytes, Action<int, int> register)
    {
        long ticket;
        lock (_lock)
        {
            var errorId = _nextStreamId;
            var dataId = _nextStreamId + 2;
            _nextStreamId += 4;
            register(errorId, dataId);
            AppendSynStream(errorId, "error", port, requestId, SpdyFrameHeader.FlagFin);
            AppendSynStream(dataId, "data", port, requestId, flags: 0);
            if (!firstBytes.IsEmpty)
                AppendData(dataId, firstBytes, flags: 0);
            ticket = _appended += 1;
        }

        return FlushAsync(ticket);
    }

    /// <summary>Completes when the transport has taken the bytes.</summary>
    public ValueTask WriteDataAsync(int streamId, ReadOnlySpan<byte> bytes)
    {
        long ticket;
        lock (_lock)
        {
            AppendData(streamId, bytes, flags: 0);
            ticket = _appended += 1;
        }

        return FlushAsync(ticket);
    }

    /// <summary>Sends a frame some time soon, for callers that must not wait: the end of a stream, or a ping.</summary>
    public void PostEndOfStream(int dataId, SpdyStatus? reset)
    {
        lock (_lock)
        {
            if (reset is { } status)
                AppendControl(SpdyControl.RstStream, (uint)dataId, (uint)status);
            else
                AppendData(dataId, [], SpdyFrameHeader.FlagFin);
            _appended += 1;
        }

        SignalPosted();
    }

    /// <inheritdoc cref="PostEndOfStream"/>
    /// <param name="isEcho">The echo of a ping of the server: for one that does not read they are not gathered without end.</param>
    public void PostPing(uint id, bool isEcho = false)
    {
        lock (_lock)
        {
            if (isEcho && _pending.WrittenCount > KeptCapacity)
                return;
            AppendControl(SpdyControl.Ping, id, second: null);
            _appended += 1;
        }

        SignalPosted();
    }

    /// <summary>The transport is closed by its owner, before this: a write that is under way then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _postedLoop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closing.Dispose();

        // Not the semaphores: a stream may end after its session, and still posts.
    }

    private void SignalPosted()
    {
        lock (_lock)
        {
            if (_posted.CurrentCount == 0)
                _posted.Release();
        }
    }

    private async Task FlushPostedAsync(CancellationToken closing)
    {
        while (true)
        {
            await _posted.WaitAsync(closing);
            long ticket;
            lock (_lock)
                ticket = _appended;
            await FlushAsync(ticket);
        }
    }

    // Not cancellable: a frame that was cut in half would end the session for all its streams.
    private async ValueTask FlushAsync(long ticket)
    {
        await _gate.WaitAsync(CancellationToken.None);
        try
        {
            if (_broken is not null)
                throw new EndOfConnectionException("The session to the pod is closed.", _broken);
            if (_flushed >= ticket)
                return;

            ArrayBufferWriter<byte> batch;
            long flushing;
            lock (_lock)
            {
                batch = _pending;
                _pending = _spare;
                flushing = _appended;
                _attemptedBelow = _nextStreamId;
            }

            try
            {
                Volatile.Write(ref _writeBegan, _time.GetTimestamp());
                await _transport.WriteAsync(batch.WrittenMemory, CancellationToken.None);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
            {
                _broken = e;
                _onBroken(e);
                throw new EndOfConnectionException("The session to the pod was lost.", e);
            }
            finally
            {
                Volatile.Write(ref _writeBegan, 0);
            }

            _flushed = flushing;
            if (batch.Capacity > KeptCapacity)
                batch = new ArrayBufferWriter<byte>();
            else
                batch.ResetWrittenCount();
            lock (_lock)
                _spare = batch;
        }
        finally
        {
            _gate.Release();
        }
    }

    private void AppendSynStream(int id, string streamType, int port, int requestId, byte flags)
    {
        _streamFrames++;
        var block = new ArrayBufferWriter<byte>(128);
        SpdyHeaderBlock.Write(
            block,
            _firstHeaderBlock,
            ("streamtype", streamType),
            ("port", port.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            ("requestid", requestId.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        _firstHeaderBlock = false;

        // id, associated id 0, priority 0 and slot 0: the server orders frames by priority, so all ours have the same.
        const int fixedPart = 10;
        var span = _pending.GetSpan(SpdyFrameHeader.Size + fixedPart);
        SpdyFrameHeader.WriteControl(span, SpdyControl.SynStream, flags, fixedPart + block.WrittenCount);
        BinaryPrimitives.WriteUInt32BigEndian(span[8..], (uint)id);
        BinaryPrimitives.WriteUInt32BigEndian(span[12..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(span[16..], 0);
        _pending.Advance(SpdyFrameHeader.Size + fixedPart);
        _pending.Write(block.WrittenSpan);
    }

    private void AppendData(int id, ReadOnlySpan<byte> bytes, byte flags)
    {
        _streamFrames++;
        SpdyFrameHeader.WriteData(_pending.GetSpan(SpdyFrameHeader.Size), id, flags, bytes.Length);
        _pending.Advance(SpdyFrameHeader.Size);
        _pending.Write(bytes);
    }

    private void AppendControl(SpdyControl type, uint first, uint? second)
    {
        var length = second is null ? 4 : 8;
        var span = _pending.GetSpan(SpdyFrameHeader.Size + length);
        SpdyFrameHeader.WriteControl(span, type, flags: 0, length);
        BinaryPrimitives.WriteUInt32BigEndian(span[8..], first);
        if (second is { } word)
            BinaryPrimitives.WriteUInt32BigEndian(span[12..], word);
        _pending.Advance(SpdyFrameHeader.Size + length);
    }
}
