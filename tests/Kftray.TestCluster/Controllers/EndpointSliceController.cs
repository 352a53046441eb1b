using System.Text.Json.Nodes;
using Kftray.Testing.Store;

namespace Kftray.Testing.Controllers;

/// <summary>Keeps the endpoint slices of services with a selector in step with the pods: one slice for each set of resolved ports.</summary>
internal sealed class EndpointSliceController(ObjectStore store) : IController
{
    private const string ServiceLabel = "kubernetes.io/service-name";
    private const string ManagerLabel = "endpointslice.kubernetes.io/managed-by";
    private const string Manager = "endpointslice-controller.k8s.io";

    public TimeSpan? Reconcile(string @namespace)
    {
        var slices = store.List(ResourceKinds.EndpointSlices, @namespace).Items
            .Where(slice => slice.Labels.GetValueOrDefault(ManagerLabel) == Manager)
            .ToLookup(slice => slice.Labels.GetValueOrDefault(ServiceLabel));
        var services = store.List(ResourceKinds.Services, @namespace).Items;
        foreach (var service in services) Reconcile(service, [.. slices[service.Name]]);
        return null;
    }

    private void Reconcile(StoredObject service, StoredObject[] existing)
    {
        var content = service.Read();
        // Without a selector somebody else writes the slices.
        if (content.StringMap("spec", "selector") is not { Count: > 0 } selector || content.Text("spec", "type") == "ExternalName") return;
        var publishesAll = content.At("spec", "publishNotReadyAddresses")?.GetValue<bool>() == true;
        var wanted = PodView.Select(store, service.Namespace, selector)
            .Where(pod => pod.Ip is not null && !pod.IsFinished)
            .GroupBy(pod => PortsOf(content, pod).ToJsonString())
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => (Ports: JsonNode.Parse(group.Key), Endpoints: (JsonNode?)group.Select(pod => EndpointOf(pod, publishesAll)).ToJsonArray()))
            .DefaultIfEmpty((Ports: null, Endpoints: null))
            .ToArray();
        for (var i = 0; i < Math.Max(wanted.Length, existing.Length); i++)
        {
            if (i >= wanted.Length) store.Remove(existing[i].Kind, existing[i].Namespace, existing[i].Name, existing[i].Uid);
            else if (i >= existing.Length) store.Create(ResourceKinds.EndpointSlices, NewSlice(service, wanted[i].Ports, wanted[i].Endpoints));
            else store.Update(existing[i].Kind, existing[i].Namespace, existing[i].Name, slice => Fill(slice, wanted[i].Ports, wanted[i].Endpoints));
        }
    }

    private static JsonObject NewSlice(StoredObject service, JsonNode? ports, JsonNode? endpoints) => Fill(
        new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["generateName"] = service.Name + "-",
                ["namespace"] = service.Namespace,
                ["labels"] = new JsonObject { [ServiceLabel] = service.Name, [ManagerLabel] = Manager },
                ["ownerReferences"] = new JsonArray(new JsonObject
                {
                    ["apiVersion"] = "v1",
                    ["kind"] = "Service",
                    ["name"] = service.Name,
                    ["uid"] = service.Uid,
                    ["controller"] = true,
                    ["blockOwnerDeletion"] = true,
                }),
            },
            ["addressType"] = "IPv4",
        },
        ports,
        endpoints);

    // A service without pods has a slice in which both are null, as the real controller leaves it.
    private static JsonObject Fill(JsonObject slice, JsonNode? ports, JsonNode? endpoints)
    {
        slice["ports"] = ports?.DeepClone();
        slice["endpoints"] = endpoints?.DeepClone();
        return slice;
    }

    private static JsonArray PortsOf(JsonObject service, PodView pod) => service.Items("spec", "ports")
        .Select(port => (Port: port, Protocol: port.Text("protocol") ?? "TCP"))
        .Select(entry => (entry.Port, entry.Protocol, Number: pod.ResolvePort(entry.Port["targetPort"], entry.Protocol)))
        .Where(entry => entry.Number is not null)
        .Select(entry => new JsonObject
        {
            ["name"] = entry.Port.Text("name") ?? "",
            ["protocol"] = entry.Protocol,
            ["port"] = entry.Number,
        })
        .ToJsonArray();

    private static JsonObject EndpointOf(PodView pod, bool publishesAll)
    {
        var endpoint = new JsonObject
        {
            ["addresses"] = new JsonArray(pod.Ip),
            ["conditions"] = new JsonObject
            {
                ["ready"] = publishesAll || (pod.IsReady && !pod.IsTerminating),
                ["serving"] = pod.IsReady,
                ["terminating"] = pod.IsTerminating,
            },
            ["targetRef"] = new JsonObject
            {
                ["kind"] = "Pod",
                ["namespace"] = pod.Stored.Namespace,
                ["name"] = pod.Name,
                ["uid"] = pod.Stored.Uid,
            },
        };
        if (pod.NodeName is { } node) endpoint["nodeName"] = node;
        return endpoint;
    }
}
