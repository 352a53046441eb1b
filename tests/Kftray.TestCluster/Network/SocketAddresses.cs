using System.Net;

namespace Kftray.Testing.Network;

internal static class SocketAddresses
{
    /// <summary>A copy that can be kept: receiving overwrites the one that it was given.</summary>
    public static SocketAddress Copy(this SocketAddress address)
    {
        var copy = new SocketAddress(address.Family, address.Size);
        address.Buffer.Span[..address.Size].CopyTo(copy.Buffer.Span);
        return copy;
    }
}
