using System.Buffers;
using BenchmarkDotNet.Attributes;
using Kftray.Sidecar.PortForward.Spdy;

namespace Kftray.Benchmarks.Pieces;

/// <summary>The frame codec and the header block of a SYN_STREAM.</summary>
[MemoryDiagnoser]
public class FrameBenchmarks
{
    private readonly byte[] _frame = new byte[SpdyFrameHeader.Size];
    private readonly ArrayBufferWriter<byte> _block = new(256);

    [GlobalSetup]
    public void Setup() => SpdyFrameHeader.WriteData(_frame, streamId: 3, flags: 0, length: 32 * 1024);

    [Benchmark]
    public int ParseHeader() => SpdyFrameHeader.Parse(_frame).Length;

    [Benchmark]
    public void WriteDataHeader() => SpdyFrameHeader.WriteData(_frame, streamId: 3, flags: 0, length: 32 * 1024);

    [Benchmark]
    public int WriteHeaderBlock()
    {
        _block.ResetWrittenCount();
        SpdyHeaderBlock.Write(_block, false, ("streamtype", "data"), ("port", "8080"), ("requestid", "7"));
        return _block.WrittenCount;
    }
}
