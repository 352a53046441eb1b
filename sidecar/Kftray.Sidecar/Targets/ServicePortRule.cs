using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;

namespace Kftray.Sidecar.Targets;

/// <summary>
/// Which port of the pods a service forward means. Files name the service's port, as the documentation says, or the container's, as the desktop app
/// does; one rule serves both: a service port with that number or name; else a target or container port with it; else there is none.
/// </summary>
internal static class ServicePortRule
{
    /// <param name="wanted">The default value for the first port that there is.</param>
    /// <param name="pods">The pods behind the service as far as they are known.</param>
    /// <returns>The service's port, or the port inside the pods, or neither.</returns>
    public static (ServicePort? Service, PortReference? Pod) Match(
        ServiceInfo service, PortReference wanted, ForwardProtocol protocol, IReadOnlyCollection<PodInfo> pods)
    {
        var ports = service.Ports.Where(p => p.Protocol == protocol).ToArray();
        if (wanted == default)
            return (ports.FirstOrDefault(), null);
        var port = ports.FirstOrDefault(p => wanted.Name is null ? p.Number == wanted.Number : p.Name == wanted.Name)
            ?? ports.FirstOrDefault(p => p.TargetPort == wanted);
        if (port is not null)
            return (port, null);
        // While there is no pod to look into, the file gets the benefit of the doubt: it would be wrong to call the port wrong.
        return pods.Count == 0 || pods.Any(pod => ContainerPorts.Declares(pod, wanted, protocol)) ? (null, wanted) : (null, null);
    }

    public static IEnumerable<string> Describe(ServiceInfo service) => service.Ports
        .Select(p => $"{p.Number}{(p.Name is null ? "" : $" ({p.Name})")} → {p.TargetPort}{(p.Protocol == ForwardProtocol.Udp ? "/udp" : "")}");
}
