using System.Net;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;

namespace Kftray.Sidecar.PortForward;

/// <summary>What the ways of upgrading have in common: the request, and what a refusal means.</summary>
internal static class Upgrade
{
    public static HttpRequestMessage Request(HttpMethod method, string @namespace, string pod, string protocol, string query = "")
    {
        var path = $"api/v1/namespaces/{Uri.EscapeDataString(@namespace)}/pods/{Uri.EscapeDataString(pod)}/portforward{query}";
        var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative))
        {
            // HTTP/2 cannot carry either upgrade.
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        request.Headers.TryAddWithoutValidation("Upgrade", protocol);
        return ApiRequest.Describe(request, $"forward ports of pods in namespace '{@namespace}'");
    }

    /// <summary>
    /// A refusal of this way only, or of all: 404 with a Status says that the pod is gone, 401, 429, 500 and 503 are the
    /// same on every way; 400, 403, 405, 426, 502 and 504 are how servers and gateways refuse one way.
    /// </summary>
    public static async Task<Exception> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using (response)
        {
            var refusal = await KubernetesFaults.ExceptionFromAsync(response, cancellationToken);
            var fault = refusal.Fault;
            return response.StatusCode switch
            {
                HttpStatusCode.NotFound when fault.Kind == FaultKind.PodNotFound => new ForwardException(fault with { Kind = FaultKind.PodGone }),
                HttpStatusCode.Unauthorized => new ForwardException(fault),
                HttpStatusCode.TooManyRequests or HttpStatusCode.InternalServerError or HttpStatusCode.ServiceUnavailable =>
                    new ForwardException(fault) { RetryAfter = refusal.RetryAfter },
                HttpStatusCode.Forbidden => new TransportRefusedException(fault),
                _ => new TransportRefusedException(fault with { Kind = FaultKind.UpgradeRefused }),
            };
        }
    }
}
