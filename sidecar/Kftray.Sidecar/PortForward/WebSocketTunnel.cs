using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.PortForward.Spdy;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.PortForward;

/// <summary>
/// SPDY inside a WebSocket, for gateways that pass nothing else. Servers from 1.31 on pick the subprotocol; older ones answer 400 or 403, or
/// 101 without the subprotocol, which is a refusal too.
/// </summary>
internal sealed class WebSocketTunnel(IApiServer server, TimeProvider time, ILogger logger) : IPodTransport
{
    private const string Subprotocol = "SPDY/3.1+portforward.k8s.io";

    public string Name => "websocket";

    public async Task<IPodSession> OpenAsync(string @namespace, string pod, IPathWitness witness, CancellationToken cancellationToken)
    {
        var socket = await WebSocketUpgrade.OpenAsync(server, @namespace, pod, Subprotocol, port: null, cancellationToken);
        return new SpdySession(new WebSocketTunnelStream(socket), witness, time, logger);
    }
}
