using System.Net;
using Kftray.Benchmarks.Forwarders;

namespace Kftray.Benchmarks.Harness;

/// <summary>
/// An iperf3 server on one port, another process for every test: one whose client broke off refuses the next for a while, which would be
/// held against whoever comes next.
/// </summary>
internal sealed class IperfServer : IAsyncDisposable
{
    private Background? _server;

    public IPEndPoint Address { get; } = new(IPAddress.Loopback, PortPicker.Take(1)[0]);

    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await DisposeAsync();
        _server = new Background(
            "iperf3", ["-s", "-B", $"{Address.Address}", "-p", $"{Address.Port}", "--forceflush"], line => line.StartsWith("Server listening", StringComparison.Ordinal));
        await _server.WaitUntilReadyAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _server = null;
    }
}
