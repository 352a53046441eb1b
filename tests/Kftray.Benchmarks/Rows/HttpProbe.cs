using System.Net;
using System.Net.Sockets;

namespace Kftray.Benchmarks.Rows;

/// <summary>One request over a connection of its own.</summary>
internal static class HttpProbe
{
    private static readonly byte[] Request = "GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"u8.ToArray();

    /// <exception cref="SocketException">Refused or reset.</exception>
    /// <exception cref="EndOfStreamException">Ended without a reply.</exception>
    public static async Task<TimeSpan> FirstByteAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var began = TimeProvider.System.GetTimestamp();
        await socket.ConnectAsync(address, cancellationToken);
        await socket.SendAsync(Request, cancellationToken);
        if (await socket.ReceiveAsync(buffer, cancellationToken) == 0)
            throw new EndOfStreamException("The connection ended without a reply.");
        return TimeProvider.System.GetElapsedTime(began);
    }
}
