using System.Net;
using System.Text.Json.Nodes;
using Kftray.Testing.Store;

namespace Kftray.Testing.Network;

/// <summary>One place behind a port of a service.</summary>
/// <param name="PodUid">Null for an endpoint that is no pod.</param>
internal sealed record ServiceEndpoint(IPAddress Address, int Port, string? PodUid);

/// <summary>The ready endpoints of services, read from their endpoint slices whoever wrote them.</summary>
internal static class ServiceEndpoints
{
    private const string ServiceLabel = "kubernetes.io/service-name";

    public static IReadOnlyList<IPAddress> ReadyAddresses(ObjectStore store, string @namespace, string service) =>
        [.. SlicesOf(store, @namespace, service).SelectMany(Ready).Select(endpoint => endpoint.Address).Distinct()];

    /// <summary>The endpoints of one port of a service.</summary>
    /// <param name="portName">Empty for a port without a name.</param>
    public static IReadOnlyList<ServiceEndpoint> Of(ObjectStore store, string @namespace, string service, string portName, string protocol) =>
    [
        .. from slice in SlicesOf(store, @namespace, service)
           from port in slice.Items("ports")
           where (port.Text("name") ?? "") == portName && (port.Text("protocol") ?? "TCP") == protocol
           let number = port.Number("port") ?? 0
           where number > 0
           from endpoint in Ready(slice)
           select new ServiceEndpoint(endpoint.Address, number, endpoint.PodUid),
    ];

    private static IEnumerable<JsonObject> SlicesOf(ObjectStore store, string @namespace, string service) => store
        .List(ResourceKinds.EndpointSlices, @namespace).Items
        .Where(slice => slice.Labels.GetValueOrDefault(ServiceLabel) == service)
        .Select(slice => slice.Read());

    private static IEnumerable<(IPAddress Address, string? PodUid)> Ready(JsonObject slice) =>
        from endpoint in slice.Items("endpoints")
        // A condition that nobody has written counts as fulfilled.
        where endpoint.At("conditions", "ready")?.GetValue<bool>() ?? true
        from text in (endpoint["addresses"] as JsonArray ?? []).Select(address => address.Text())
        let address = IPAddress.TryParse(text, out var parsed) ? parsed : null
        where address is not null
        select (address, endpoint.Text("targetRef", "uid"));
}
