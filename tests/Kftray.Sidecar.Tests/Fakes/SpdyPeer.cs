using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Threading.Channels;
using Kftray.Sidecar.PortForward;
using Kftray.Sidecar.PortForward.Spdy;
using Nerdbank.Streams;
using Xunit;

namespace Kftray.Sidecar.Tests.Fakes;

/// <summary>The server's end of a session: shows the frames that we send, and sends what the test says.</summary>
internal sealed class SpdyPeer : IAsyncDisposable
{
    private static readonly Dictionary<string, string> NoHeaders = [];

    private readonly Stream _stream;
    private readonly Channel<PeerFrame> _frames = Channel.CreateUnbounded<PeerFrame>();
    private readonly MemoryStream _headerBlocks = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _reading;
    private int _headersRead;

    public SpdyPeer()
    {
        var (ours, theirs) = FullDuplexStream.CreatePair();
        Transport = new RecordingStream(ours);
        _stream = theirs;
        _reading = ReadAsync(_stopping.Token);
    }

    /// <summary>Goes to the session under test.</summary>
    public RecordingStream Transport { get; }

    public ValueTask<PeerFrame> NextAsync(CancellationToken timeout) => _frames.Reader.ReadAsync(timeout);

    /// <summary>The next frame that is no ping.</summary>
    public async ValueTask<PeerFrame> NextButPingsAsync(CancellationToken timeout)
    {
        PeerFrame frame;
        do
            frame = await NextAsync(timeout);
        while (frame.Type == SpdyControl.Ping);
        return frame;
    }

    /// <summary>Frames that have arrived and nobody asked for.</summary>
    public bool HasNext => _frames.Reader.TryPeek(out _);

    /// <summary>The two frames that open a connection.</summary>
    /// <returns>Ids of the error and the data stream.</returns>
    public async Task<(int Error, int Data)> OpenedAsync(CancellationToken timeout)
    {
        var error = await NextAsync(timeout);
        var data = await NextAsync(timeout);
        Assert.Equal(SpdyControl.SynStream, error.Type);
        Assert.Equal(SpdyControl.SynStream, data.Type);
        return (error.StreamId, data.StreamId);
    }

    public Task SendAsync(params byte[][] frames) => _stream.WriteAsync(frames.SelectMany(frame => frame).ToArray(), _stopping.Token).AsTask();

    /// <summary>The transport ends.</summary>
    public void Close() => _stream.Dispose();

    public static byte[] Data(int id, string text, bool fin = false) => Data(id, Encoding.UTF8.GetBytes(text), fin);

    public static byte[] Data(int id, byte[] bytes, bool fin = false)
    {
        var frame = new byte[8 + bytes.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, id);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), ((fin ? 1 : 0) << 24) | bytes.Length);
        bytes.CopyTo(frame, 8);
        return frame;
    }

    public static byte[] Fin(int id) => Data(id, [], fin: true);

    public static byte[] Rst(int id, int status = 5) => Control(3, id, status);

    public static byte[] SynReply(int id) => Control(2, id);

    public static byte[] Ping(int id) => Control(6, id);

    public static byte[] GoAway() => Control(7, 0, 0);

    public static byte[] Control(int type, params int[] words)
    {
        var frame = new byte[8 + 4 * words.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, 0x8003_0000 | (uint)type);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), 4 * words.Length);
        for (var i = 0; i < words.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(8 + 4 * i), words[i]);
        return frame;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stream.DisposeAsync();
    }

    private async Task ReadAsync(CancellationToken stopping)
    {
        var header = new byte[8];
        try
        {
            while (true)
            {
                await _stream.ReadExactlyAsync(header, stopping);
                var first = BinaryPrimitives.ReadUInt32BigEndian(header);
                var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4)) & 0xFF_FFFF];
                await _stream.ReadExactlyAsync(payload, stopping);
                await _frames.Writer.WriteAsync(Parse(first, header[4], payload), stopping);
            }
        }
        catch (Exception e) when (e is EndOfStreamException or IOException or ObjectDisposedException)
        {
            _frames.Writer.TryComplete();
        }
    }

    private PeerFrame Parse(uint first, byte flags, byte[] payload)
    {
        if ((first & 0x8000_0000) == 0)
            return new PeerFrame(null, (int)first, flags, payload, NoHeaders);
        Assert.Equal(0x8003u, first >> 16);
        var type = (SpdyControl)(first & 0xFFFF);
        var id = BinaryPrimitives.ReadInt32BigEndian(payload);
        if (type != SpdyControl.SynStream)
            return new PeerFrame(type, id, flags, payload, NoHeaders);
        Assert.Equal(0, BinaryPrimitives.ReadInt32BigEndian(payload.AsSpan(4)));
        Assert.Equal(0, BinaryPrimitives.ReadInt16BigEndian(payload.AsSpan(8)));
        _headerBlocks.Write(payload.AsSpan(10));
        return new PeerFrame(type, id, flags, payload, InflateLast());
    }

    // All blocks of a session are one zlib stream: inflate it from its start, with an inflater nobody here wrote, and look at the new part.
    private Dictionary<string, string> InflateLast()
    {
        using var zlib = new ZLibStream(new MemoryStream(_headerBlocks.ToArray()), CompressionMode.Decompress);
        var all = new byte[1024 * 1024];
        var count = 0;
        try
        {
            int read;
            while ((read = zlib.Read(all, count, all.Length - count)) > 0)
                count += read;
        }
        catch (InvalidDataException) when (count > _headersRead)
        {
            // The stream goes on with the next block: its end is not there yet.
        }

        var block = all.AsSpan(_headersRead, count - _headersRead);
        _headersRead = count;
        var headers = new Dictionary<string, string>();
        var pairs = BinaryPrimitives.ReadInt32BigEndian(block);
        block = block[4..];
        for (var i = 0; i < pairs; i++)
        {
            var name = Text(ref block);
            headers.Add(name, Text(ref block));
        }

        Assert.True(block.IsEmpty);
        return headers;
    }

    private static string Text(ref Span<byte> block)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(block);
        var text = Encoding.UTF8.GetString(block.Slice(4, length));
        block = block[(4 + length)..];
        return text;
    }
}

/// <param name="Type">Null for data.</param>
internal sealed record PeerFrame(SpdyControl? Type, int StreamId, byte Flags, byte[] Payload, IReadOnlyDictionary<string, string> Headers)
{
    public bool IsFin => (Flags & 1) != 0;

    public string Text => Encoding.UTF8.GetString(Payload);

    /// <summary>The second word of a control frame: the status of a reset.</summary>
    public int Word => BinaryPrimitives.ReadInt32BigEndian(Payload.AsSpan(4));
}

/// <summary>A transport that keeps each write, and that can stop to take any.</summary>
internal sealed class RecordingStream(Stream inner) : DuplexStream
{
    private readonly Lock _lock = new();
    private readonly List<byte[]> _writes = [];
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _gone = new();
    private TaskCompletionSource? _blocked;
    private TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<byte[]> Writes
    {
        get
        {
            lock (_lock)
                return [.. _writes];
        }
    }

    public bool IsDisposed => _disposed.Task.IsCompleted;

    /// <summary>Thrown by the next write, which may have been sent in part.</summary>
    public Exception? WriteFailure { get; set; }

    /// <summary>Writes wait from now on.</summary>
    /// <returns>Completes when one does.</returns>
    public Task Block()
    {
        lock (_lock)
        {
            _blocked = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _reached.Task;
        }
    }

    public void Unblock()
    {
        lock (_lock)
        {
            _blocked?.TrySetResult();
            _blocked = null;
        }
    }

    // A read that waits ends when the stream is disposed, as with a socket; a pipe in memory would leave it waiting.
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _gone.Token);
        try
        {
            return await inner.ReadAsync(buffer, either.Token);
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(RecordingStream));
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Task? blocked;
        lock (_lock)
        {
            blocked = _blocked?.Task;
            if (blocked is not null)
                _reached.TrySetResult();
        }

        if (blocked is not null)
            await Task.WhenAny(blocked, _disposed.Task);
        ObjectDisposedException.ThrowIf(_disposed.Task.IsCompleted, this);
        if (WriteFailure is { } failure)
            throw failure;
        lock (_lock)
            _writes.Add(buffer.ToArray());
        await inner.WriteAsync(buffer, cancellationToken);
        await inner.FlushAsync(cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        _disposed.TrySetResult();
        if (disposing)
        {
            _gone.Cancel();
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
