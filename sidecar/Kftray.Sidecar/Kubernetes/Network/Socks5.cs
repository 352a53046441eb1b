using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes.Network;

/// <summary>
/// The client's side of SOCKS5: one CONNECT. https://datatracker.ietf.org/doc/html/rfc1928, with user name and password as in RFC 1929.
/// </summary>
internal static class Socks5
{
    private const byte Version = 5;
    private const byte NoAuthentication = 0;
    private const byte UserNameAndPassword = 2;

    /// <exception cref="ForwardException">The proxy refuses, and why.</exception>
    /// <exception cref="IOException">The proxy broke off.</exception>
    public static async Task ConnectAsync(
        Stream stream, DnsEndPoint server, NetworkCredential? credentials, CancellationToken cancellationToken)
    {
        // :: Step 1: which ways to authenticate there are.
        await stream.WriteAsync(credentials is null ? new byte[] { Version, 1, NoAuthentication } : [Version, 2, NoAuthentication, UserNameAndPassword], cancellationToken);
        var reply = new byte[4];
        await stream.ReadExactlyAsync(reply.AsMemory(0, 2), cancellationToken);
        if (reply[0] != Version)
            throw Failed("is no SOCKS5 proxy");

        // :: Step 2: user name and password, if it wants them.
        if (reply[1] == UserNameAndPassword && credentials is not null)
        {
            await stream.WriteAsync((byte[])[1, .. Text(credentials.UserName), .. Text(credentials.Password)], cancellationToken);
            await stream.ReadExactlyAsync(reply.AsMemory(0, 2), cancellationToken);
            if (reply[1] != 0)
                throw Failed("does not accept the user name and password");
        }
        else if (reply[1] != NoAuthentication)
        {
            throw Failed("asks for a user name and password");
        }

        // :: Step 3: where to. A name is the proxy's to resolve.
        var port = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(port, (ushort)server.Port);
        byte[] host = IPAddress.TryParse(server.Host, out var address)
            ? [(byte)(address.AddressFamily == AddressFamily.InterNetwork ? 1 : 4), .. address.GetAddressBytes()]
            : [3, .. Text(server.Host)];
        await stream.WriteAsync((byte[])[Version, 1, 0, .. host, .. port], cancellationToken);

        // :: Step 4: the answer, with an address that nobody needs.
        await stream.ReadExactlyAsync(reply, cancellationToken);
        if (reply[1] != 0)
            throw Failed($"refuses to connect to the API server: {Reason(reply[1])}");
        var rest = reply[3] switch { 1 => 4, 4 => 16, 3 => -1, _ => throw Failed("answers with something that is not SOCKS5") };
        var bound = new byte[256 + 2];
        if (rest < 0)
        {
            await stream.ReadExactlyAsync(bound.AsMemory(0, 1), cancellationToken);
            rest = bound[0];
        }

        await stream.ReadExactlyAsync(bound.AsMemory(0, rest + 2), cancellationToken);
    }

    private static byte[] Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return bytes.Length <= byte.MaxValue ? [(byte)bytes.Length, .. bytes] : throw Failed("cannot be given a name or password of more than 255 bytes");
    }

    private static string Reason(byte code) => code switch
    {
        2 => "not allowed",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "timed out",
        _ => $"code {code}",
    };

    private static ForwardException Failed(string how) => new(new(FaultKind.ProxyFailed, $"The SOCKS5 proxy {how}.",
        "Check proxy-url in the kubeconfig, or HTTPS_PROXY and NO_PROXY."));
}
