using System.Net;

namespace Kftray.Sidecar.Endpoints;

/// <summary>What the local address of a forward stands for.</summary>
internal static class LocalAddresses
{
    /// <returns>For <c>localhost</c> both families, IPv4 first; else the one address.</returns>
    public static IReadOnlyList<IPAddress> Of(string localAddress) =>
        localAddress == "localhost" ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Parse(localAddress)];
}
