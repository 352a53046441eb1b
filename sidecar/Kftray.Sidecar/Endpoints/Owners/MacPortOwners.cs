using System.Globalization;
using System.Net;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Endpoints.Owners;

/// <summary>Asks <c>lsof</c>, and <c>ps</c> for the command lines: both are part of macOS.</summary>
internal sealed class MacPortOwners(ToolRunner tools) : IPortOwners
{
    public async Task<IReadOnlyList<PortListener>> FindAsync(int port, ForwardProtocol protocol, CancellationToken cancellationToken)
    {
        string[] what = protocol == ForwardProtocol.Tcp
            ? [$"-iTCP:{Text(port)}", "-sTCP:LISTEN"]
            : [$"-iUDP:{Text(port)}"];
        var sockets = LsofOutput.Parse(await tools.ReadAsync("/usr/sbin/lsof", ["-nP", "-w", .. what, "-Fpcn"], cancellationToken), port);
        var listeners = new List<PortListener>();
        foreach (var (address, process, name) in sockets)
        {
            var command = (await tools.ReadAsync("/bin/ps", ["-o", "command=", "-p", Text(process)], cancellationToken)).Trim();
            listeners.Add(new(address, new(process, name, command.Length == 0 ? null : command, [])));
        }

        return listeners;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The field output of <c>lsof -Fpcn</c>: a line for each field, its letter first; a process comes before its files.</summary>
internal static class LsofOutput
{
    public static IReadOnlyList<(IPAddress Address, int ProcessId, string Name)> Parse(string output, int port)
    {
        var found = new List<(IPAddress, int, string)>();
        var (process, name) = (0, "?");
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var value = line[1..].TrimEnd('\r');
            switch (line[0])
            {
                case 'p':
                    process = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0;
                    name = "?";
                    break;
                case 'c':
                    name = value;
                    break;
                // A connected socket has an arrow to its peer.
                case 'n' when process > 0 && !value.Contains("->", StringComparison.Ordinal) && Address(value, port) is { } address:
                    found.Add((address, process, name));
                    break;
            }
        }

        return [.. found.Distinct()];
    }

    // "127.0.0.1:8080", "[::1]:8080", "*:8080"
    private static IPAddress? Address(string name, int port)
    {
        var colon = name.LastIndexOf(':');
        if (colon < 0 || name[(colon + 1)..] != port.ToString(CultureInfo.InvariantCulture))
            return null;
        var host = name[..colon].Trim('[', ']');
        return host == "*" ? IPAddress.Any : IPAddress.TryParse(host, out var address) ? address : null;
    }
}
