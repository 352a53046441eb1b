using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Kubernetes;

namespace Kftray.Sidecar.PortForward;

/// <summary>The handshake of the two ways that use WebSockets (RFC 6455 §4).</summary>
internal static class WebSocketUpgrade
{
    /// <param name="port">Asked for in the query; null where the streams say it.</param>
    /// <exception cref="TransportRefusedException">The server does not speak this subprotocol.</exception>
    /// <exception cref="Forwarding.ForwardException">See <see cref="Upgrade.RefusalAsync"/>.</exception>
    public static async Task<WebSocket> OpenAsync(
        IApiServer server, string @namespace, string pod, string subprotocol, int? port, CancellationToken cancellationToken)
    {
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        using var request = Request(@namespace, pod, subprotocol, key, port);
        var response = await server.SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.SwitchingProtocols)
            throw await Upgrade.RefusalAsync(response, cancellationToken);
        if (Header("Sec-WebSocket-Protocol") != subprotocol || Header("Sec-WebSocket-Accept") != AcceptFor(key))
        {
            response.Dispose();
            throw new TransportRefusedException(
                new Fault(FaultKind.UpgradeRefused, $"The API server does not speak {subprotocol} over WebSockets."));
        }

        // ClientWebSocket cannot be used: it refuses the slash in the name of a subprotocol.
        var stream = await UpgradedStream.CreateAsync(response, cancellationToken);
        return WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = false, KeepAliveInterval = TimeSpan.Zero });

        string? Header(string name) => response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
    }

    /// <summary>The request of the handshake.</summary>
    public static HttpRequestMessage Request(string @namespace, string pod, string subprotocol, string key, int? port)
    {
        var query = port is { } number ? string.Create(CultureInfo.InvariantCulture, $"?ports={number}") : "";
        var request = Upgrade.Request(HttpMethod.Get, @namespace, pod, "websocket", query);
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Version", "13");
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Key", key);
        request.Headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", subprotocol);
        return request;
    }

    // RFC 6455 §4.2.2. SHA-1 is what the protocol prescribes; it protects nothing here.
    private static string AcceptFor(string key) =>
#pragma warning disable CA5350
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
}
