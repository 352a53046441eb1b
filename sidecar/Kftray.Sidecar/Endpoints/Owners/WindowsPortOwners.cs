using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Endpoints.Owners;

/// <summary>Asks the IP helper for the owners of sockets, and <c>netsh</c> for the ranges that Windows keeps for itself.</summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsPortOwners(ToolRunner tools) : IPortOwners
{
    public Task<IReadOnlyList<PortListener>> FindAsync(int port, ForwardProtocol protocol, CancellationToken cancellationToken) =>
        Task.Run<IReadOnlyList<PortListener>>(
            () =>
            [
                .. IpHelper.Tables(protocol).SelectMany(table => SocketTable.Listeners(table.Rows, table.Layout, port))
                    .Select(socket => new PortListener(socket.Address, Describe(socket.ProcessId))),
            ],
            cancellationToken);

    public async Task<PortRange?> FindReservedAsync(int port, ForwardProtocol protocol, CancellationToken cancellationToken)
    {
        string[] arguments = ["interface", "ipv4", "show", "excludedportrange", $"protocol={(protocol == ForwardProtocol.Tcp ? "tcp" : "udp")}"];
        var ranges = ExcludedPortRanges.Parse(await tools.ReadAsync("netsh.exe", arguments, cancellationToken));
        return ranges.Where(range => range.First <= port && port <= range.Last).Select(range => (PortRange?)range).FirstOrDefault();
    }

    private static ProcessDescription? Describe(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return new(id, process.ProcessName, WindowsCommandLine.Of(id), []);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // Ended meanwhile.
            return null;
        }
    }
}

/// <summary>What <c>netsh interface ipv4 show excludedportrange</c> prints. Its words are translated, its numbers are not.</summary>
internal static class ExcludedPortRanges
{
    public static IReadOnlyList<PortRange> Parse(string output)
    {
        var ranges = new List<PortRange>();
        foreach (var line in output.Split('\n'))
        {
            // "     50000       50059     *": the star marks ranges that an administrator has set.
            var fields = line.Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (fields is [var first, var last, ..]
                && int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var from)
                && int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var to)
                && from is > 0 and <= 65535 && to >= from && to <= 65535)
            {
                ranges.Add(new(from, to));
            }
        }

        return ranges;
    }
}
