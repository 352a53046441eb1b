using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Kftray.Sidecar.Endpoints;

/// <summary>How a connection to a local port went.</summary>
internal enum ReplyKind
{
    /// <summary>Bytes came.</summary>
    Answered,

    /// <summary>The other side ended its direction, as applications do when their client has nothing to say.</summary>
    Ended,

    /// <summary>Nothing came in the time that there was.</summary>
    Silent,

    /// <summary>It was reset.</summary>
    Reset,
}

/// <param name="Line">The first line of the answer, if it is text of an HTTP server.</param>
/// <param name="Took">From the connect to what came.</param>
internal sealed record Reply(ReplyKind Kind, string? Line, TimeSpan Took);

/// <summary>A client of a forward, for one connection.</summary>
internal static class LocalClient
{
    private static readonly byte[] HttpRequest = "HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray();

    /// <summary>Connects, says nothing or asks an HTTP server for the head of its first page, and waits for what comes.</summary>
    public static async Task<Reply> AskAsync(IPEndPoint place, bool isHttp, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        using var limit = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var socket = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(place, either.Token);
            if (isHttp)
                await socket.SendAsync(HttpRequest, either.Token);
            else
                socket.Shutdown(SocketShutdown.Send);
            var buffer = new byte[256];
            var count = await socket.ReceiveAsync(buffer, either.Token);
            var line = isHttp ? Encoding.ASCII.GetString(buffer, 0, count).Split('\r', '\n')[0] : null;
            return new(count == 0 ? ReplyKind.Ended : ReplyKind.Answered, line?.StartsWith("HTTP/", StringComparison.Ordinal) == true ? line : null, time.GetElapsedTime(started));
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new(ReplyKind.Silent, null, time.GetElapsedTime(started));
        }
        catch (SocketException)
        {
            return new(ReplyKind.Reset, null, time.GetElapsedTime(started));
        }
    }
}
