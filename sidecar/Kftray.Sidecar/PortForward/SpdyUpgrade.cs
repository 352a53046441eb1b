using System.Net;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.PortForward.Spdy;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.PortForward;

/// <summary>
/// The way every API server to date offers: <c>POST</c> with <c>Upgrade: SPDY/3.1</c>; after the 101 the connection is raw SPDY. Gateways
/// that know only WebSockets refuse it or hang.
/// </summary>
internal sealed class SpdyUpgrade(IApiServer server, TimeProvider time, ILogger logger) : IPodTransport
{
    public string Name => "spdy";

    public async Task<IPodSession> OpenAsync(string @namespace, string pod, IPathWitness witness, CancellationToken cancellationToken)
    {
        using var request = Upgrade.Request(HttpMethod.Post, @namespace, pod, "SPDY/3.1");
        request.Headers.TryAddWithoutValidation("X-Stream-Protocol-Version", "portforward.k8s.io");
        var response = await server.SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.SwitchingProtocols)
            throw await Upgrade.RefusalAsync(response, cancellationToken);
        return new SpdySession(await UpgradedStream.CreateAsync(response, cancellationToken), witness, time, logger);
    }
}
