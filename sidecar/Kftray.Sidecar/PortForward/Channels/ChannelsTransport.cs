using System.Net.WebSockets;
using Kftray.Sidecar.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.PortForward.Channels;

/// <summary>
/// The legacy way, for old servers behind gateways that pass only WebSockets: one WebSocket for each connection, in messages whose first
/// byte is a channel. The end of one direction cannot be said.
/// </summary>
internal sealed class ChannelsTransport(IApiServer server, TimeProvider time, ILogger logger) : IPodTransport
{
    private const string Subprotocol = "v4.channel.k8s.io";

    // tcpmux: nothing listens there, so that the proof opens nothing in the application.
    private const int ProofPort = 1;

    private int _halfCloseSaid;

    public string Name => "websocket-legacy";

    public async Task<IPodSession> OpenAsync(string @namespace, string pod, IPathWitness witness, CancellationToken cancellationToken)
    {
        using (await ConnectAsync(@namespace, pod, ProofPort, cancellationToken))
            return new ChannelsSession(this, @namespace, pod, time, logger);
    }

    /// <summary>The server dials the port at once.</summary>
    /// <inheritdoc cref="WebSocketUpgrade.OpenAsync"/>
    public Task<WebSocket> ConnectAsync(string @namespace, string pod, int port, CancellationToken cancellationToken) =>
        WebSocketUpgrade.OpenAsync(server, @namespace, pod, Subprotocol, port, cancellationToken);

    /// <summary>
    /// Whether the pod's node can be reached: it alone looks at the ports that are asked for, and answers 400 when there are none. A server
    /// that cannot reach the node answers 5xx.
    /// </summary>
    public async Task<bool> IsNodeReachedAsync(string @namespace, string pod, CancellationToken cancellationToken)
    {
        using var request = WebSocketUpgrade.Request(@namespace, pod, Subprotocol, key: "a25vY2sga25vY2shISEhIQ==", port: null);
        using var response = await server.SendAsync(request, cancellationToken);
        return (int)response.StatusCode < 500;
    }

    /// <summary>Said once: it is a property of the way, not of a connection.</summary>
    public void SayThatHalfCloseIsImpossible()
    {
        if (Interlocked.Exchange(ref _halfCloseSaid, 1) == 0)
            logger.HalfCloseImpossible(server.Context);
    }
}
