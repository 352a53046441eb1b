using BenchmarkDotNet.Attributes;
using Kftray.Sidecar.PortForward.Spdy;

namespace Kftray.Benchmarks.Pieces;

/// <summary>A data frame's way from the receive loop to the client's side: lent where the stream is alone, copied where it shares.</summary>
[MemoryDiagnoser]
public class ReceiveBufferBenchmarks
{
    private readonly byte[] _bytes = new byte[32 * 1024];
    private readonly ReceiveBuffer _buffer = new();

    [Params(false, true)]
    public bool Shared { get; set; }

    [Benchmark]
    public async Task<int> OfferAndRead()
    {
        var read = _buffer.ReadAsync(CancellationToken.None);
        var used = _buffer.OfferAsync(_bytes, Shared);
        var count = (await read).Length;
        _buffer.ReleaseLast();
        await used;
        return count;
    }
}
