using System.Globalization;
using System.Net;

namespace Kftray.Relay;

/// <summary>Which connections and datagrams a relay carries; it is one or the other.</summary>
internal enum ProxyType
{
    Tcp,
    Udp,
}

/// <summary>What the environment of the process says.</summary>
internal sealed record RelayOptions
{
    /// <summary><c>PROXY_TYPE</c>.</summary>
    public required ProxyType ProxyType { get; init; }

    /// <summary><c>LOCAL_PORT</c>, 0–65535; 0: any free one. Speaks as the relays of old do.</summary>
    public required int LocalPort { get; init; }

    /// <summary><c>REMOTE_ADDRESS</c>: a host name, or an IPv4 or IPv6 address.</summary>
    public required string RemoteAddress { get; init; }

    /// <summary><c>REMOTE_PORT</c>, 1–65535.</summary>
    public required int RemotePort { get; init; }

    /// <summary><c>LISTEN_ADDRESS</c>; null: all addresses, IPv4 and IPv6.</summary>
    public IPAddress? ListenAddress { get; init; }

    /// <summary><c>CONTROL_PORT</c>, 0–65535; 0: none.</summary>
    public int ControlPort { get; init; } = RelayProtocol.DefaultControlPort;

    /// <summary><c>IDLE_EXIT_SECONDS</c>: the relay ends when nobody has spoken to it for so long; zero: never.</summary>
    public TimeSpan IdleExit { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary><c>FLOW_IDLE_SECONDS</c>: a flow without a datagram for so long ends.</summary>
    public TimeSpan FlowIdle { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary><c>MAX_FLOWS</c>: connections (tcp) or flows (udp) at a time.</summary>
    public int MaxFlows { get; init; } = 4096;

    /// <summary><c>CONNECT_TIMEOUT_SECONDS</c>: how long finding the name, and then connecting, may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The control port never listens on anything but loopback: only port-forward, which dials from inside the pod, is to reach it.</summary>
    public IPAddress ControlAddress => ListenAddress is { } address && IPAddress.IsLoopback(address) ? address : IPAddress.Loopback;

    /// <summary>Reads the environment. Null when something is wrong; then <paramref name="problems"/> says all of it.</summary>
    public static RelayOptions? Read(Func<string, string?> environment, out IReadOnlyList<string> problems)
    {
        var reader = new Reader(environment);
        var options = new RelayOptions
        {
            ProxyType = reader.Protocol(),
            LocalPort = reader.Number("LOCAL_PORT", 0, 65535, absent: null),
            RemoteAddress = reader.Host(),
            RemotePort = reader.Number("REMOTE_PORT", 1, 65535, absent: null),
            ListenAddress = reader.Address("LISTEN_ADDRESS"),
            ControlPort = reader.Number("CONTROL_PORT", 0, 65535, RelayProtocol.DefaultControlPort),
            IdleExit = TimeSpan.FromSeconds(reader.Number("IDLE_EXIT_SECONDS", 0, 1_000_000, 600)),
            FlowIdle = TimeSpan.FromSeconds(reader.Number("FLOW_IDLE_SECONDS", 1, 1_000_000, 120)),
            MaxFlows = reader.Number("MAX_FLOWS", 1, 65536, 4096),
            ConnectTimeout = TimeSpan.FromSeconds(reader.Number("CONNECT_TIMEOUT_SECONDS", 1, 600, 10)),
        };
        problems = reader.Problems;
        return problems.Count == 0 ? options : null;
    }

    /// <summary>Takes one variable after the other and keeps what is wrong with them.</summary>
    private sealed class Reader(Func<string, string?> environment)
    {
        // The longest name of the domain name system: RFC 1035, 2.3.4, without the root's length.
        private const int MaxHostLength = 253;

        public List<string> Problems { get; } = [];

        public ProxyType Protocol()
        {
            var text = Text("PROXY_TYPE");
            if (string.Equals(text, "udp", StringComparison.OrdinalIgnoreCase))
                return ProxyType.Udp;
            if (!string.Equals(text, "tcp", StringComparison.OrdinalIgnoreCase))
                Problems.Add("PROXY_TYPE must be tcp or udp");
            return ProxyType.Tcp;
        }

        public int Number(string name, int least, int most, int? absent)
        {
            var text = Text(name);
            if (text.Length == 0 && absent is { } value)
                return value;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
                return number;
            Problems.Add($"{name} must be {least}–{most}");
            return least;
        }

        public IPAddress? Address(string name)
        {
            var text = Text(name);
            if (text.Length == 0)
                return null;
            if (IPAddress.TryParse(text, out var address))
                return address;
            Problems.Add($"{name} must be an IP address");
            return null;
        }

        public string Host()
        {
            var host = Text("REMOTE_ADDRESS");
            if (host.StartsWith('[') && host.EndsWith(']'))
                host = host[1..^1];
            if (host.Length is 0 or > MaxHostLength || host.Any(character => char.IsWhiteSpace(character) || char.IsControl(character)))
                Problems.Add("REMOTE_ADDRESS must be a host name or an IP address");
            return host;
        }

        private string Text(string name) => environment(name)?.Trim() ?? "";
    }
}
