using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using k8s.Models;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>
/// The one place that turns what the road to the cluster throws and what an API server answers into faults. Sentences name
/// addresses, resources and the server's own words; never a header, a token or a body of unknown kind.
/// </summary>
internal static class KubernetesFaults
{
    private const int MaxStatusBytes = 64 * 1024;
    private const int MaxSentenceChars = 300;

    /// <summary>Classifies an exception of the connection layer.</summary>
    public static Fault From(Exception exception, Uri server)
    {
        var host = server.Authority;
        for (var e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case ForwardException forward:
                    return forward.Fault;
                case SocketException socket:
                    return FromSocket(socket.SocketErrorCode, server);
                case AuthenticationException:
                    return TlsFailed(host);
                case TimeoutException or OperationCanceledException:
                    return TimedOutFault(host);
                case JsonException:
                    return NotKubernetes(host);
            }
        }

        return (exception as HttpRequestException)?.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => NotResolved(server),
            HttpRequestError.ConnectionError => Unreachable(host, "cannot be reached"),
            HttpRequestError.SecureConnectionError => TlsFailed(host),
            HttpRequestError.ProxyTunnelError => new(FaultKind.ServerUnreachable,
                $"The proxy refused to connect to the API server {host}.", "Check proxy-url, HTTPS_PROXY and NO_PROXY."),
            HttpRequestError.InvalidResponse or HttpRequestError.VersionNegotiationError => NotKubernetes(host),
            _ when exception is IOException or HttpRequestException => Lost(host),
            _ => new(FaultKind.Unknown, $"Talking to the API server {host} failed: {Sentence(exception.Message)}"),
        };
    }

    /// <summary>The server took too long; only its context is known here.</summary>
    public static ForwardException TimedOut(string context) => new(TimedOutFault($"of context '{context}'"));

    /// <summary>An answer broke off or is not what a Kubernetes API server sends.</summary>
    public static ForwardException Unreadable(Exception e, string context) => new(e is JsonException
        ? NotKubernetes($"of context '{context}'")
        : Lost($"of context '{context}'"), e);

    /// <summary>Classifies an answer that is no success; reads its body if that is a <c>Status</c>.</summary>
    public static async Task<ApiStatusException> ExceptionFromAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = await ReadStatusAsync(response, cancellationToken);
        // Seconds only: API servers send no dates.
        var retryAfter = response.Headers.RetryAfter?.Delta
            ?? (status?.Details?.RetryAfterSeconds is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : null);
        return new(response.StatusCode, FromStatus(response.StatusCode, status, ApiRequest.Of(response)), retryAfter);
    }

    /// <summary>Classifies a status code with the <c>Status</c> object that came with it, or as an event of a watch.</summary>
    public static Fault FromStatus(HttpStatusCode code, V1Status? status, ApiRequest request)
    {
        var (what, context) = request;
        var said = status?.Message is { Length: > 0 } message ? $" The server says: {Sentence(message)}" : "";
        return (int)code switch
        {
            401 => new(FaultKind.Unauthorized, $"The cluster of context '{context}' does not accept the credentials.",
                "Sign in again, or check the user in the kubeconfig."),
            403 => new(FaultKind.Forbidden, $"You may not {what} in the cluster of context '{context}'.{said}",
                "Ask for a role that allows it, or use another context or namespace."),
            404 => NotFound(status, request),
            429 => new(FaultKind.Throttled, $"The cluster of context '{context}' asks for fewer requests.",
                "It is tried again by itself."),
            407 => new(FaultKind.ServerUnreachable, "The proxy asks for a user name and password.", "Put them into proxy-url."),
            >= 300 and < 400 => new(FaultKind.ServerError,
                $"The server of context '{context}' answered with a redirect ({(int)code}) where a Kubernetes API was expected.",
                "Check the server's address in the kubeconfig; a proxy may ask you to sign in."),
            >= 500 => new(FaultKind.ServerError, $"The cluster of context '{context}' answered with an error ({(int)code}).{said}",
                "It is tried again by itself."),
            _ => new(FaultKind.ServerError, $"The cluster of context '{context}' refused to {what} ({(int)code}).{said}"),
        };
    }

    /// <summary>The <c>Status</c> in the body; null when it is something else.</summary>
    public static async Task<V1Status?> ReadStatusAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            var buffer = new byte[MaxStatusBytes];
            var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
            var status = JsonSerializer.Deserialize(buffer.AsSpan(0, length), KubernetesJson.Default.V1Status);
            return status?.Kind == "Status" ? status : null;
        }
        catch (Exception e) when (e is JsonException or IOException or HttpRequestException or NotSupportedException)
        {
            // A gateway's page, or half of one: the status code has to do.
            return null;
        }
    }

    private static Fault NotFound(V1Status? status, ApiRequest request)
    {
        var (what, context) = request;
        var name = status?.Details?.Name;
        return status?.Details?.Kind switch
        {
            // Unlike a missing object, a path that is not served has no name.
            _ when status?.Details?.Name is null => new(FaultKind.ServerError,
                $"The server of context '{context}' knows no such address (404): it may be no Kubernetes API.",
                "Check the server's address in the kubeconfig."),
            "namespaces" => new(FaultKind.NamespaceNotFound, $"There is no namespace '{name}' in the cluster of context '{context}'.",
                "Check the namespace and the context."),
            "services" => new(FaultKind.ServiceNotFound, $"There is no service '{name}' in the cluster of context '{context}'.",
                "Check its name, the namespace and the context."),
            "pods" => new(FaultKind.PodNotFound, $"There is no pod '{name}' in the cluster of context '{context}'.",
                "Check its name, the namespace and the context."),
            _ => new(FaultKind.ServerError, $"The cluster of context '{context}' cannot {what}: {Sentence(status!.Message ?? "not found")}"),
        };
    }

    private static Fault FromSocket(SocketError error, Uri server)
    {
        var host = server.Authority;
        return error switch
        {
            SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData or SocketError.NoRecovery => NotResolved(server),
            SocketError.ConnectionRefused => Unreachable(host, "refuses connections"),
            SocketError.TimedOut => TimedOutFault(host),
            SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.NetworkDown =>
                Unreachable(host, "cannot be reached from this network"),
            SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => Lost(host),
            _ => Unreachable(host, $"cannot be reached ({error})"),
        };
    }

    private static Fault NotResolved(Uri server) => new(FaultKind.ServerUnreachable,
        $"The name of the API server, {server.IdnHost}, cannot be resolved.", "Check the network, the VPN and the server's address in the kubeconfig.");

    private static Fault Unreachable(string host, string how) => new(FaultKind.ServerUnreachable,
        $"The API server {host} {how}.", "Check that the cluster is running, and the network and the VPN.");

    private static Fault TimedOutFault(string host) => Unreachable(host, "did not answer in time");

    private static Fault Lost(string host) => new(FaultKind.ConnectionLost,
        $"The connection to the API server {host} broke off.", "It is tried again by itself.");

    private static Fault TlsFailed(string host) => new(FaultKind.TlsNotTrusted,
        $"No secure connection to the API server {host} could be made: the TLS handshake failed.",
        "Check the server's address in the kubeconfig, and whether the server asks for a client certificate.");

    private static Fault NotKubernetes(string host) => new(FaultKind.ServerError,
        $"The server {host} answered with something that is not Kubernetes.", "Check the server's address in the kubeconfig.");

    /// <summary>One bounded line that ends in a full stop.</summary>
    private static string Sentence(string text)
    {
        var line = text.ReplaceLineEndings(" ").Trim().TrimEnd('.');
        return (line.Length > MaxSentenceChars ? line[..MaxSentenceChars] + "…" : line) + ".";
    }
}
