using System.Net.WebSockets;

namespace Kftray.Testing.PortForward;

/// <summary>What carries a SPDY byte stream: the upgraded connection itself, or binary messages of a WebSocket.</summary>
internal abstract class SpdyWire
{
    /// <summary>The bytes read; 0 at the client's end.</summary>
    public abstract ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Writes one whole frame. Calls do not overlap.</summary>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken);

    public virtual ValueTask CloseAsync() => ValueTask.CompletedTask;
}

/// <summary>SPDY on the connection that the upgrade left.</summary>
internal sealed class UpgradedWire(Stream stream) : SpdyWire
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => stream.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken) => stream.WriteAsync(frame, cancellationToken);
}

/// <summary>
/// SPDY in a WebSocket, fragmented as the API server's library does it: a data frame's header is a message of its own, and a large payload is
/// one fragment that is not final and an empty one that is. (gorilla/websocket, messageWriter.Write: "don't buffer large messages".)
/// </summary>
internal sealed class TunnelWire(WebSocket socket) : SpdyWire
{
    private const int LargeMessage = 8 * 1024;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer, cancellationToken);
            switch (received.MessageType)
            {
                case WebSocketMessageType.Close:
                    return 0;
                case WebSocketMessageType.Text:
                    throw new InvalidDataException("a text message on a SPDY tunnel");
                case WebSocketMessageType.Binary when received.Count > 0:
                    return received.Count;
            }
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        var isControl = (frame.Span[0] & 0x80) != 0;
        if (isControl || frame.Length == SpdyFrame.HeaderLength)
        {
            await SendAsync(frame, cancellationToken);
            return;
        }

        await SendAsync(frame[..SpdyFrame.HeaderLength], cancellationToken);
        await SendAsync(frame[SpdyFrame.HeaderLength..], cancellationToken);
    }

    public override async ValueTask CloseAsync()
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) return;
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
        catch (Exception e) when (e is WebSocketException or IOException)
        {
            // The client was quicker.
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        var isLarge = message.Length > LargeMessage;
        await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: !isLarge, cancellationToken);
        if (isLarge) await socket.SendAsync(ReadOnlyMemory<byte>.Empty, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
    }
}
