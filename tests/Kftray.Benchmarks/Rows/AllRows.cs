namespace Kftray.Benchmarks.Rows;

internal static class AllRows
{
    /// <summary>In the order of the table.</summary>
    public static IReadOnlyList<IRow> InOrder { get; } =
    [
        new FirstByteRow("first-byte-50ms", TimeSpan.FromMilliseconds(50)),
        new FirstByteRow("first-byte", TimeSpan.Zero),
        new WrkRow("short", connections: 8, keepAlive: false),
        new WrkRow("kept", connections: 16, keepAlive: true),
        new DripRow(),
        new DownloadRow(),
        new IperfRow("iperf"),
        new IperfRow("iperf-R", "-R"),
        new IperfRow("iperf-P4", "-P", "4"),
        new IperfRow("iperf-P4-R", "-P", "4", "-R"),
        new IperfRow("iperf-bidir", "--bidir"),
        new StalledClientsRow(1),
        new StalledClientsRow(10),
        new StalledClientsRow(40),
        new ConcurrencyRow(1),
        new ConcurrencyRow(10),
        new ConcurrencyRow(100),
        new ConcurrencyRow(1000),
    ];
}
