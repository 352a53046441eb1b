using BenchmarkDotNet.Attributes;
using Kftray.Sidecar.PortForward.Spdy;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kftray.Benchmarks.Pieces;

/// <summary>
/// A download of 64 MiB from the transport of a session to the reader of its one stream, without sockets and TLS: what our own code costs
/// for it. Beside it the same bytes by <see cref="Stream.CopyToAsync(Stream)"/>, which knows no frames.
/// </summary>
[MemoryDiagnoser]
public class PumpBenchmarks
{
    private const int Frames = 2048;
    private const int Payload = 32 * 1024;

    // The first stream that is opened has the ids 1 (errors) and 3 (data).
    private readonly byte[] _bytes = Script(errorId: 1, dataId: 3);

    [Benchmark(Baseline = true)]
    public Task CopyTo()
    {
        var transport = new ScriptedTransport(_bytes);
        transport.Release();
        return transport.CopyToAsync(Stream.Null, 128 * 1024);
    }

    [Benchmark]
    public async Task<long> Download()
    {
        var transport = new ScriptedTransport(_bytes);
        await using var session = new SpdySession(transport, witness: null, TimeProvider.System, NullLogger.Instance);
        await using var stream = await session.OpenAsync(8080, "x"u8.ToArray(), TimeSpan.Zero, CancellationToken.None);
        transport.Release();
        var received = 0L;
        while (await stream.ReadAsync(CancellationToken.None) is { IsEmpty: false } bytes)
            received += bytes.Length;
        return received == (long)Frames * Payload ? received : throw new InvalidOperationException($"Received {received} bytes.");
    }

    private static byte[] Script(int errorId, int dataId)
    {
        const int size = SpdyFrameHeader.Size + Payload;
        var bytes = new byte[(Frames * size) + (2 * SpdyFrameHeader.Size)];
        for (var i = 0; i < Frames; i++)
            SpdyFrameHeader.WriteData(bytes.AsSpan(i * size), dataId, flags: 0, Payload);
        var end = bytes.AsSpan(Frames * size);
        SpdyFrameHeader.WriteData(end, errorId, SpdyFrameHeader.FlagFin, 0);
        SpdyFrameHeader.WriteData(end[SpdyFrameHeader.Size..], dataId, SpdyFrameHeader.FlagFin, 0);
        return bytes;
    }

    /// <summary>Gives its bytes once it is released, in pieces as large as a TLS record, and takes everything.</summary>
    private sealed class ScriptedTransport(byte[] bytes) : Stream
    {
        private const int RecordSize = 16 * 1024;

        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void Release() => _released.TrySetResult();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!_released.Task.IsCompleted)
                await _released.Task.WaitAsync(cancellationToken);
            var count = Math.Min(Math.Min(buffer.Length, RecordSize), bytes.Length - _position);
            bytes.AsMemory(_position, count).CopyTo(buffer);
            _position += count;
            return count;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => default;

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
