using System.Globalization;
using System.Net;
using Kftray.Benchmarks.Forwarders;

namespace Kftray.Benchmarks.Harness;

/// <summary>A Redis server that keeps nothing, and its own benchmark.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly Background _server;

    private RedisServer(Background server) => _server = server;

    public IPEndPoint Address { get; private init; } = new(IPAddress.Loopback, 0);

    /// <summary>Null where it is not installed.</summary>
    public static async Task<RedisServer?> StartAsync(CancellationToken cancellationToken)
    {
        if (!Tool.Exists("redis-server") || !Tool.Exists("redis-benchmark"))
            return null;
        var address = new IPEndPoint(IPAddress.Loopback, PortPicker.Take(1)[0]);
        var server = new Background(
            "redis-server", ["--bind", $"{address.Address}", "--port", $"{address.Port}", "--save", "", "--appendonly", "no"],
            line => line.Contains("Ready to accept connections", StringComparison.Ordinal));
        await server.WaitUntilReadyAsync(cancellationToken);
        return new RedisServer(server) { Address = address };
    }

    /// <summary>Requests a second on 50 connections, the benchmark's default, each of which waits for the answers to so many before it sends more.</summary>
    public static async Task<double> MeasureAsync(int port, string test, int pipeline, int requests, CancellationToken cancellationToken)
    {
        var result = await Tool.RunAsync(
            "redis-benchmark", ["-p", $"{port}", "-t", test, "-n", $"{requests}", "-P", $"{pipeline}", "--csv"], TimeSpan.FromSeconds(60), cancellationToken);
        var line = result.Output.Split('\n').FirstOrDefault(line => line.StartsWith($"\"{test.ToUpperInvariant()}\"", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line.Split(',')[1].Trim('"'), CultureInfo.InvariantCulture);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
