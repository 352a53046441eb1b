using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Kubernetes;

namespace Kftray.Sidecar.PortForward;

/// <summary>
/// SPDY inside a WebSocket, for gateways that pass nothing else. Servers from 1.31 on pick the subprotocol; older ones answer 400 or 403, or
/// 101 without the subprotocol, which is a refusal too.
/// </summary>
internal sealed class WebSocketTunnel : IPodTransport
{
    private const string Subprotocol = "SPDY/3.1+portforward.k8s.io";

    public string Name => "websocket";

    public async Task<Stream> OpenAsync(IApiServer server, string @namespace, string pod, CancellationToken cancellationToken)
    {
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        using var request = Upgrade.Request(HttpMethod.Get, @namespace, pod, "websocket");
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", key);
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", Subprotocol);

        var response = await server.SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.SwitchingProtocols)
            throw await Upgrade.RefusalAsync(response, cancellationToken);
        if (Header("Sec-WebSocket-Protocol") != Subprotocol || Header("Sec-WebSocket-Accept") != AcceptFor(key))
        {
            response.Dispose();
            throw new TransportRefusedException(
                new Fault(FaultKind.UpgradeRefused, "The API server does not tunnel port-forwards through WebSockets."));
        }

        // ClientWebSocket cannot be used: it refuses the slash in the subprotocol's name.
        var stream = await UpgradedStream.CreateAsync(response, cancellationToken);
        return new WebSocketTunnelStream(
            WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = false, KeepAliveInterval = TimeSpan.Zero }));

        string? Header(string name) => response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
    }

    // RFC 6455 §4.2.2. SHA-1 is what the protocol prescribes; it protects nothing here.
    private static string AcceptFor(string key) =>
#pragma warning disable CA5350
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
}

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
