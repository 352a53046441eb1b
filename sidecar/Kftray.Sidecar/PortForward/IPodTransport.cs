using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.PortForward;

/// <summary>One way to a pod through an API server.</summary>
internal interface IPodTransport
{
    /// <summary>Shown to the user.</summary>
    string Name { get; }

    /// <param name="witness">Judges the silence of the session that is opened.</param>
    /// <exception cref="TransportRefusedException">This server does not offer this way, or not to this user: try another.</exception>
    /// <exception cref="Forwarding.ForwardException">No way would work: the pod is gone, the server cannot be reached.</exception>
    Task<IPodSession> OpenAsync(string @namespace, string pod, IPathWitness witness, CancellationToken cancellationToken);
}

/// <summary>The server refused one way to the pod. The fault counts if every other way is refused too.</summary>
internal sealed class TransportRefusedException(Fault fault, Exception? inner = null) : Exception(fault.Message, inner)
{
    public Fault Fault { get; } = fault;
}
