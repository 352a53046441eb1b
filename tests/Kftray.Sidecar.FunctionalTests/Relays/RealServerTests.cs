using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Kftray.Sidecar.Contract;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests.Relays;

/// <summary>Servers and clients as people run them, with a forward in between.</summary>
public sealed class RealServerTests : RelayTest
{
    [Theory]
    [InlineData("")]
    [InlineData($$""", "relay": { "image": "{{PublicImage}}" } """)]
    public async Task Dig_FromFiftySourcesAtOnce_GetsEveryAnswer(string relay)
    {
        const int sources = 50, queriesEach = 20;
        var dig = ServerProcess.Find("dig", "dnsutils");
        using var server = await DnsServer.StartAsync(sources, TimeoutToken);
        var forward = await StartProxyAsync("dns", "udp", server.Address, relay);

        var answers = await Task.WhenAll(Enumerable.Range(0, sources).Select(i => server.DigAsync(dig, forward, i, queriesEach, "+tries=1 +time=5", TimeoutToken)));

        var traffic = (await WaitForAsync("dns", snapshot => snapshot.Traffic.TotalConnections > 0)).Traffic;
        Assert.Equal(0, traffic.DroppedDatagrams);
        for (var i = 0; i < sources; i++)
            Assert.Equal(Enumerable.Repeat(DnsServer.AddressOf(i), queriesEach), answers[i]);
    }

    /// <summary>How fast it is beside a forward to a pod, the benchmark tells: here other tests run at the same time.</summary>
    [Fact]
    public async Task Redis_ByProxy_Works()
    {
        var redis = ServerProcess.Find("redis-server", "redis-server");
        var benchmark = ServerProcess.Find("redis-benchmark", "redis-tools");
        var port = ServerProcess.FreePort();
        using var server = await ServerProcess.StartAsync(port, redis, ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", Folder], TimeoutToken);
        var (proxy, pod) = await ProxyAndPodAsync(port);

        for (var round = 0; round < 3; round++)
            TestContext.Current.TestOutputHelper?.WriteLine($"redis: {await RequestsAsync(proxy):0}/s by proxy, {await RequestsAsync(pod):0}/s to a pod");

        async Task<double> RequestsAsync(int local)
        {
            var output = await ServerProcess.RunAsync(benchmark, ["-p", $"{local}", "-t", "set", "-n", "20000", "-c", "16", "-P", "4", "--csv"], TimeoutToken);
            return double.Parse(output.Split('\n').First(line => line.StartsWith("\"SET\"", StringComparison.Ordinal)).Split(',')[1].Trim('"'), CultureInfo.InvariantCulture);
        }
    }

    [Fact]
    public async Task Psql_ByProxy_Works()
    {
        var psql = ServerProcess.Find("psql", "postgresql-client");
        var initdb = ServerProcess.Find("initdb", "postgresql");
        var postgres = ServerProcess.Find("postgres", "postgresql");
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/usr/sbin/runuser"), "PostgreSQL refuses root; only root can start it as somebody else.");
        var data = Path.Combine(Folder, "pg");
        Directory.CreateDirectory(data);
        await ServerProcess.RunAsync("chmod", ["755", Folder], TimeoutToken);
        await ServerProcess.RunAsync("chown", ["postgres", data], TimeoutToken);
        await ServerProcess.RunAsync("/usr/sbin/runuser", ["-u", "postgres", "--", initdb, "-D", data, "-A", "trust", "-U", "postgres", "--no-sync"], TimeoutToken);
        var port = ServerProcess.FreePort();
        using var server = await ServerProcess.StartAsync(
            port, "/usr/sbin/runuser", ["-u", "postgres", "--", postgres, "-D", data, "-p", $"{port}", "-h", "127.0.0.1", "-k", data, "-F"], TimeoutToken);
        var (proxy, _) = await ProxyAndPodAsync(port);

        // A query, and ten megabytes.
        foreach (var (query, expected) in new[] { ("select 6*7", "42"), ("select length(string_agg(repeat('x', 1000), '')) from generate_series(1, 10000)", "10000000") })
        {
            var output = await ServerProcess.RunAsync(psql, ["-h", "127.0.0.1", "-p", $"{proxy}", "-U", "postgres", "-Atc", query], TimeoutToken);
            Assert.Equal(expected, output.Trim());
        }

        var bulk = await ServerProcess.RunAsync(psql, ["-h", "127.0.0.1", "-p", $"{proxy}", "-U", "postgres", "-Atc", "select repeat('y', 10000) from generate_series(1, 1000)"], TimeoutToken);
        Assert.Equal(10_001_000, bulk.Length);
    }

    /// <summary>Two forwards to one server of this machine: through a relay, and to a pod that stands for it.</summary>
    private async Task<(int Proxy, int Pod)> ProxyAndPodAsync(int port)
    {
        Cluster.World.AddPod(Shop, "server", new Testing.World.PodSpec("server", "tcp-echo", port)
        {
            Annotations = new Dictionary<string, string> { ["testcluster/leads-to"] = $"127.0.0.1:{port}" },
        });
        await Cluster.Pods.WaitReadyByNameAsync(Shop, "server", TimeoutToken);
        await ApplyAsync($$"""
            { "alias": "proxy", "workload_type": "proxy", "remote_address": "127.0.0.1", "remote_port": {{port}} },
            { "alias": "pod", "workload_type": "pod", "service": "server", "remote_port": {{port}} }
            """);
        return ((await BecomesAsync("proxy", ForwardStatus.Active)).LocalPort, (await BecomesAsync("pod", ForwardStatus.Active)).LocalPort);
    }
}
