using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;

namespace Kftray.Sidecar.Targets;

/// <summary>Ports as a pod's containers declare them.</summary>
internal static class ContainerPorts
{
    /// <summary>The number of a port. A number is taken as it is: containers may listen on ports that they do not declare.</summary>
    /// <returns>Null when no container has a TCP port of that name.</returns>
    public static int? Find(PodInfo pod, PortReference port) =>
        port.Name is null ? port.Number : pod.Ports.FirstOrDefault(p => p.Name == port.Name && p.Protocol == ForwardProtocol.Tcp)?.Number;

    public static bool Declares(PodInfo pod, PortReference port) => pod.Ports.Any(p =>
        p.Protocol == ForwardProtocol.Tcp && (port.Name is null ? p.Number == port.Number : p.Name == port.Name));

    public static IEnumerable<string> Describe(PodInfo pod) => pod.Ports
        .Where(p => p.Protocol == ForwardProtocol.Tcp)
        .Select(p => p.Name is null ? $"{p.Number}" : $"{p.Number} ({p.Name})");
}
