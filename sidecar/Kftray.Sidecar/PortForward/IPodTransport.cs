using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Kubernetes;

namespace Kftray.Sidecar.PortForward;

/// <summary>One way to get a byte stream that speaks SPDY with the kubelet behind an API server.</summary>
internal interface IPodTransport
{
    /// <summary>Shown to the user.</summary>
    string Name { get; }

    /// <exception cref="TransportRefusedException">This server does not offer this way, or not to this user: try another.</exception>
    /// <exception cref="Forwarding.ForwardException">No way would work: the pod is gone, the server cannot be reached.</exception>
    Task<Stream> OpenAsync(IApiServer server, string @namespace, string pod, CancellationToken cancellationToken);
}

/// <summary>The server refused one way to the pod. The fault counts if every other way is refused too.</summary>
internal sealed class TransportRefusedException(Fault fault, Exception? inner = null) : Exception(fault.Message, inner)
{
    public Fault Fault { get; } = fault;
}
