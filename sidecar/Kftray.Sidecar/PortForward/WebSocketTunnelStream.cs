using System.Net.WebSockets;

namespace Kftray.Sidecar.PortForward;

/// <summary>
/// The SPDY byte stream that binary messages carry; their borders mean nothing, and an empty one is not the end of the stream.
/// </summary>
internal sealed class WebSocketTunnelStream(WebSocket socket) : DuplexStream
{
    private bool _closed;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            // As every stream, it says again that it has ended; the socket would throw.
            if (_closed)
                return 0;
            ValueWebSocketReceiveResult result;
            try
            {
                result = await socket.ReceiveAsync(buffer, cancellationToken);
            }
            catch (WebSocketException e)
            {
                throw new IOException("The WebSocket to the pod was lost.", e);
            }

            if (result.MessageType == WebSocketMessageType.Close)
            {
                _closed = true;
                return 0;
            }

            if (result.MessageType == WebSocketMessageType.Text)
                throw new IOException("The server sent a text message inside the tunnel.");
            if (result.Count > 0 || buffer.IsEmpty)
                return result.Count;
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await socket.SendAsync(buffer, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
        }
        catch (WebSocketException e)
        {
            throw new IOException("The WebSocket to the pod was lost.", e);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            socket.Dispose();
        base.Dispose(disposing);
    }
}
