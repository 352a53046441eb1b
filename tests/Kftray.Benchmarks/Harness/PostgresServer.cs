using System.Net;
using Kftray.Benchmarks.Forwarders;

namespace Kftray.Benchmarks.Harness;

/// <summary>A PostgreSQL server with a data folder of its own, and psql in front of it.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private const string AsSomebodyElse = "runuser";

    private const int BulkRows = 10_000;
    private const int BulkRowSize = 10_000;

    private readonly Background _server;
    private readonly string _folder;

    private PostgresServer(Background server, string folder) => (_server, _folder) = (server, folder);

    public IPEndPoint Address { get; private init; } = new(IPAddress.Loopback, 0);

    /// <summary>Null where it is not installed, or cannot be run: it refuses root, and only root can run it as somebody else.</summary>
    public static async Task<PostgresServer?> StartAsync(CancellationToken cancellationToken)
    {
        var programs = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")).FirstOrDefault(bin => File.Exists(Path.Combine(bin, "initdb")))
            : null;
        if (programs is null || !Tool.Exists("psql") || !Tool.Exists(AsSomebodyElse) || !Environment.IsPrivilegedProcess)
            return null;

        var folder = Directory.CreateTempSubdirectory("kftray-bench").FullName;
        var address = new IPEndPoint(IPAddress.Loopback, PortPicker.Take(1)[0]);
        await RunAsync("chown", ["postgres", folder]);
        await RunAsync(AsSomebodyElse, ["-u", "postgres", "--", Path.Combine(programs, "initdb"), "-D", folder, "-A", "trust", "-U", "postgres", "--no-sync"]);
        var server = new Background(
            AsSomebodyElse,
            [
                // Its log, which says when it is ready, goes to standard error.
                "-u", "postgres", "--", "/bin/sh", "-c", "exec \"$0\" \"$@\" 2>&1", Path.Combine(programs, "postgres"),
                "-D", folder, "-h", $"{address.Address}", "-p", $"{address.Port}", "-k", folder, "-F",
            ],
            line => line.Contains("ready to accept connections", StringComparison.Ordinal));
        await server.WaitUntilReadyAsync(cancellationToken);
        return new PostgresServer(server, folder) { Address = address };

        async Task RunAsync(string program, string[] arguments)
        {
            var result = await Tool.RunAsync(program, arguments, TimeSpan.FromSeconds(60), cancellationToken);
            if (result.ExitCode != 0)
                throw new InvalidOperationException($"{program}: {result.Errors}");
        }
    }

    /// <summary>Queries a second, one after the other on one connection.</summary>
    public static async Task<double> MeasureQueriesAsync(int port, int queries, CancellationToken cancellationToken)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllLinesAsync(file, Enumerable.Repeat("select 6*7;", queries), cancellationToken);
        try
        {
            return queries / await SecondsAsync(port, ["-f", file], output => output.Count(c => c == '\n') == queries, cancellationToken);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>MB/s of one large answer.</summary>
    public static async Task<double> MeasureBulkAsync(int port, CancellationToken cancellationToken) => (double)BulkRows * BulkRowSize / 1e6 / await SecondsAsync(
        port, ["-c", $"select repeat('y', {BulkRowSize}) from generate_series(1, {BulkRows})"], output => output.Length == BulkRows * (BulkRowSize + 1), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <returns>Infinite when the answer is not whole, so that the rate is nothing.</returns>
    private static async Task<double> SecondsAsync(int port, string[] arguments, Func<string, bool> isWhole, CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        var result = await Tool.RunAsync(
            "psql", ["-h", "127.0.0.1", "-p", $"{port}", "-U", "postgres", "-X", "-At", .. arguments], TimeSpan.FromSeconds(60), cancellationToken);
        return result.ExitCode == 0 && isWhole(result.Output) ? TimeProvider.System.GetElapsedTime(began).TotalSeconds : double.PositiveInfinity;
    }
}
