using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;

namespace Kftray.Sidecar.Targets;

/// <summary>Ports as a pod's containers declare them.</summary>
internal static class ContainerPorts
{
    /// <summary>The number of a port. A number is taken as it is: containers may listen on ports that they do not declare.</summary>
    /// <returns>Null when no container has a port of that name and protocol.</returns>
    public static int? Find(PodInfo pod, PortReference port, ForwardProtocol protocol) =>
        port.Name is null ? port.Number : pod.Ports.FirstOrDefault(p => p.Name == port.Name && p.Protocol == protocol)?.Number;

    public static bool Declares(PodInfo pod, PortReference port, ForwardProtocol protocol) => pod.Ports.Any(p =>
        p.Protocol == protocol && (port.Name is null ? p.Number == port.Number : p.Name == port.Name));

    public static IEnumerable<string> Describe(PodInfo pod, ForwardProtocol protocol) => pod.Ports
        .Where(p => p.Protocol == protocol)
        .Select(p => p.Name is null ? $"{p.Number}" : $"{p.Number} ({p.Name})");
}
