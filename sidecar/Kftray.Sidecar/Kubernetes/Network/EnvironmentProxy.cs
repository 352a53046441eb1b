using System.Net;

namespace Kftray.Sidecar.Kubernetes.Network;

/// <summary>
/// Which proxy the environment names for a server, by the rules of Go's <c>http.ProxyFromEnvironment</c> and so of kubectl: <c>HTTPS_PROXY</c>,
/// <c>HTTP_PROXY</c> and <c>NO_PROXY</c>, upper case first; <c>NO_PROXY</c> with domains, addresses, networks, ports and <c>*</c>; never for
/// this machine itself. https://pkg.go.dev/golang.org/x/net/http/httpproxy
/// </summary>
internal sealed class EnvironmentProxy(HostEnvironment environment)
{
    private static readonly string[] Schemes = ["http", "https", "socks5"];

    /// <returns>Null for none.</returns>
    public Uri? For(Uri server)
    {
        var name = server.Scheme == Uri.UriSchemeHttps ? "HTTPS_PROXY" : "HTTP_PROXY";
        if (Variable(name) is not { } text || IsThisMachine(server) || IsExcepted(server, Variable("NO_PROXY") ?? ""))
            return null;
        if (!text.Contains("://", StringComparison.Ordinal))
            text = "http://" + text;
        return Uri.TryCreate(text, UriKind.Absolute, out var proxy) && Schemes.Contains(proxy.Scheme) ? proxy : null;
    }

    private static bool IsThisMachine(Uri server) =>
        server.IdnHost.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(server.IdnHost, out var address) && IPAddress.IsLoopback(address));

    private static bool IsExcepted(Uri server, string exceptions) => exceptions
        .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Any(exception => Matches(exception.ToLowerInvariant(), server.IdnHost.ToLowerInvariant(), server.Port));

    private static bool Matches(string exception, string host, int port)
    {
        if (exception == "*")
            return true;
        var isAddress = IPAddress.TryParse(host, out var address);
        if (exception.Contains('/', StringComparison.Ordinal))
            return isAddress && IPNetwork.TryParse(exception, out var network) && network.Contains(address!);

        // An IPv6 address has colons of its own; with a port it stands in brackets.
        var isBare = exception.Count(c => c == ':') > 1 && !exception.StartsWith('[');
        if (!isBare && exception.LastIndexOf(':') is > 0 and var colon && int.TryParse(exception[(colon + 1)..], out var only))
        {
            if (only != port)
                return false;
            exception = exception[..colon];
        }

        if (isAddress)
            return IPAddress.TryParse(exception.Trim('[', ']'), out var other) && other.Equals(address);
        if (exception.StartsWith("*.", StringComparison.Ordinal))
            exception = exception[1..];
        return exception.StartsWith('.') ? host.EndsWith(exception, StringComparison.Ordinal) : host == exception || host.EndsWith("." + exception, StringComparison.Ordinal);
    }

    private string? Variable(string name) => environment[name] ?? environment[name.ToLowerInvariant()];
}
