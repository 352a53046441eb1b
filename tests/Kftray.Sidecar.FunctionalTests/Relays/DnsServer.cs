using System.Net;

namespace Kftray.Sidecar.FunctionalTests.Relays;

/// <summary>A real DNS server with a name and an address for each of its clients, and the client to go with it.</summary>
internal sealed class DnsServer : IDisposable
{
    private readonly ServerProcess _server;

    private DnsServer(ServerProcess server, IPEndPoint address) => (_server, Address) = (server, address);

    public IPEndPoint Address { get; }

    /// <summary>What client <paramref name="i"/> must be answered, and nobody else.</summary>
    public static string AddressOf(int i) => $"192.0.2.{i + 1}";

    public static async Task<DnsServer> StartAsync(int clients, CancellationToken cancellationToken)
    {
        var dnsmasq = ServerProcess.Find("dnsmasq", "dnsmasq-base");
        var address = new IPEndPoint(IPAddress.Loopback, ServerProcess.FreePort());
        string[] records = [.. Enumerable.Range(0, clients).Select(i => $"--address=/host{i}.test/{AddressOf(i)}")];
        var server = await ServerProcess.StartAsync(
            address.Port,
            dnsmasq,
            ["--keep-in-foreground", "--no-resolv", "--no-hosts", $"--listen-address={address.Address}", $"--port={address.Port}", "--conf-file=/dev/null", "--pid-file=", "--user=root", .. records],
            cancellationToken);
        return new DnsServer(server, address);
    }

    /// <summary>Asks for the client's name, one query after the other; fails when one of them is not answered.</summary>
    public async Task<string[]> DigAsync(string dig, IPEndPoint forward, int i, int queries, string patience, CancellationToken cancellationToken)
    {
        // An address each: digs on one address are now and then given the same port at the same time (dig allows that), and then one of them gets
        // the answers of both, with or without a forward.
        string[] arguments =
        [
            $"@{forward.Address}", "-b", $"127.0.1.{i + 1}", "-p", $"{forward.Port}", "+short", .. patience.Split(' '), .. Enumerable.Repeat($"host{i}.test", queries),
        ];
        return (await ServerProcess.RunAsync(dig, arguments, cancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public void Dispose() => _server.Dispose();
}
