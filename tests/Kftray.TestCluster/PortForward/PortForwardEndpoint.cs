using System.Globalization;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using Kftray.Testing.Faults;
using Kftray.Testing.Http;
using Kftray.Testing.Pods;
using Kftray.Testing.Store;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Kftray.Testing.PortForward;

/// <summary>The three ways into <c>pods/portforward</c>, chosen by what the client asks for and never by who it is.</summary>
internal sealed class PortForwardEndpoint(
    ObjectStore store, Kubelet kubelet, PortForwardSessions sessions, RuntimeCharacter runtime, TimeProvider time, CancellationToken stopping)
{
    private const string Protocol = "portforward.k8s.io";
    private const string TunnelProtocol = "SPDY/3.1+portforward.k8s.io";
    private const string ChannelsProtocol = "v4.channel.k8s.io";

    /// <param name="fault">A fault that changes how the server behaves rather than whether it answers.</param>
    /// <exception cref="ApiException">400, 403, 404.</exception>
    public Task ServeAsync(HttpContext context, RequestInfo request, FaultAction? fault)
    {
        var stored = store.Get(ResourceKinds.Pods, request.Namespace!, request.Name!);
        var pod = kubelet.Find(stored.Uid)?.Pod;
        var phase = stored.Read().Text("status", "phase");
        if (phase is "Succeeded" or "Failed") throw new ApiException(500, "InternalError", $"pod not found (\"{request.Name}_{request.Namespace}\")");
        if (pod is null || phase != "Running")
            throw ApiException.BadRequest($"pod {request.Name} does not have a host assigned");
        var offered = context.Request.Headers.SecWebSocketProtocol.SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries)).ToArray();
        return request.Transport switch
        {
            "spdy" when fault == FaultAction.Unsupported => throw ApiException.BadRequest("unable to upgrade: unsupported protocol"),
            "spdy" => UpgradeAsync(context, pod),
            "tunnel" when fault == FaultAction.WithoutSubprotocol => TunnelAsync(context, pod, subprotocol: null),
            // A server that does not know the tunnel sees the other offers only.
            "tunnel" when fault == FaultAction.Unsupported => ChannelsAsync(context, pod, [.. offered.Where(protocol => protocol != TunnelProtocol)]),
            "tunnel" => TunnelAsync(context, pod, TunnelProtocol),
            _ => ChannelsAsync(context, pod, offered),
        };
    }

    private async Task UpgradeAsync(HttpContext context, TestPod pod)
    {
        var request = context.Request;
        if (!request.Headers.Upgrade.ToString().Equals("SPDY/3.1", StringComparison.OrdinalIgnoreCase))
            throw ApiException.BadRequest("unable to upgrade: missing upgrade headers in request");
        if (!request.Headers["X-Stream-Protocol-Version"].Any(value => value?.Split(',', StringSplitOptions.TrimEntries).Contains(Protocol) == true))
        {
            context.Response.Headers["X-Accepted-Stream-Protocol-Versions"] = Protocol;
            throw new ApiException(403, "Forbidden", $"unable to upgrade: unable to negotiate protocol: client supports {request.Headers["X-Stream-Protocol-Version"]}, server accepts [{Protocol}]");
        }

        var feature = UpgradeOf(context);
        context.Response.Headers.Upgrade = "SPDY/3.1";
        context.Response.Headers["X-Stream-Protocol-Version"] = Protocol;
        var stream = await feature.UpgradeAsync();
        await ServeSpdyAsync(context, new UpgradedWire(stream), pod, "spdy");
    }

    private async Task TunnelAsync(HttpContext context, TestPod pod, string? subprotocol)
    {
        using var socket = await AcceptAsync(context, subprotocol);
        await ServeSpdyAsync(context, new TunnelWire(socket), pod, "tunnel");
    }

    private async Task ServeSpdyAsync(HttpContext context, SpdyWire wire, TestPod pod, string transport)
    {
        var observed = sessions.Begin(pod, transport);
        try
        {
            using var until = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
            await new SpdySession(wire, pod, runtime, time, observed).RunAsync(until.Token);
        }
        finally
        {
            sessions.End(observed);
        }
    }

    private async Task ChannelsAsync(HttpContext context, TestPod pod, string[] offered)
    {
        var ports = context.Request.Query["ports"]
            .SelectMany(value => (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
            .Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536
                ? port
                : throw ApiException.BadRequest($"unable to parse \"{text}\" as a port"))
            .ToArray();
        // The parameter's name is "ports"; the message says otherwise on every server.
        if (ports.Length == 0) throw ApiException.BadRequest("query parameter \"port\" is required");
        if (offered.Length > 0 && !offered.Contains(ChannelsProtocol)) throw new ApiException(403, "Forbidden", "unable to negotiate protocol");
        using var socket = await AcceptAsync(context, offered.Length > 0 ? ChannelsProtocol : null);
        var observed = sessions.Begin(pod, "channels");
        try
        {
            using var until = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
            await new ChannelsSession(socket, pod, ports, observed).RunAsync(until.Token);
        }
        finally
        {
            sessions.End(observed);
        }
    }

    // By hand: the middleware refuses a subprotocol with a slash in its name.
    private static async Task<WebSocket> AcceptAsync(HttpContext context, string? subprotocol)
    {
        var key = context.Request.Headers.SecWebSocketKey.ToString();
        if (key.Length == 0) throw ApiException.BadRequest("unable to upgrade: no WebSocket key");
        var feature = UpgradeOf(context);
        context.Response.Headers.Upgrade = "websocket";
        context.Response.Headers.SecWebSocketAccept = AcceptKey(key);
        if (subprotocol is not null) context.Response.Headers.SecWebSocketProtocol = subprotocol;
        var stream = await feature.UpgradeAsync();
        return WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true, KeepAliveInterval = TimeSpan.Zero });
    }

    private static IHttpUpgradeFeature UpgradeOf(HttpContext context) =>
        context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } feature
            ? feature
            : throw ApiException.BadRequest("unable to upgrade: the connection cannot be upgraded");

    // RFC 6455, 4.2.2: SHA-1 is what the protocol says.
#pragma warning disable CA5350
    private static string AcceptKey(string key) =>
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
}
