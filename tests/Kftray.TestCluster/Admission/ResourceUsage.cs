using System.Text.Json.Nodes;
using Kftray.Testing.Store;

namespace Kftray.Testing.Admission;

/// <summary>What objects count for in a resource quota, by the quota's names: <c>pods</c>, <c>count/jobs.batch</c>, <c>requests.cpu</c> …</summary>
internal static class ResourceUsage
{
    private static readonly string[] ComputeResources = ["cpu", "memory", "ephemeral-storage"];

    /// <summary>What one object uses; a pod that has finished uses nothing but its place.</summary>
    public static Dictionary<string, Quantity> Of(ResourceKind kind, JsonObject content)
    {
        var usage = new Dictionary<string, Quantity> { [$"count/{kind.QualifiedName}"] = Quantity.One };
        if (kind == ResourceKinds.Services) usage["services"] = Quantity.One;
        if (kind != ResourceKinds.Pods || content.Text("status", "phase") is "Succeeded" or "Failed") return usage;
        usage["pods"] = Quantity.One;
        foreach (var container in content.Items("spec", "containers"))
        {
            foreach (var resource in ComputeResources)
            {
                Add($"requests.{resource}", container.Text("resources", "requests", resource));
                // The short name means the request.
                Add(resource, container.Text("resources", "requests", resource));
                Add($"limits.{resource}", container.Text("resources", "limits", resource));
            }
        }

        return usage;

        void Add(string name, string? amount)
        {
            if (amount is not null) usage[name] = usage.TryGetValue(name, out var sum) ? sum + Quantity.Parse(amount) : Quantity.Parse(amount);
        }
    }

    /// <summary>What all objects of a namespace use.</summary>
    public static Dictionary<string, Quantity> OfNamespace(ObjectStore store, string @namespace)
    {
        var total = new Dictionary<string, Quantity>();
        foreach (var item in store.ListNamespace(@namespace))
        {
            foreach (var (name, amount) in Of(item.Kind, item.Read())) total[name] = total.TryGetValue(name, out var sum) ? sum + amount : amount;
        }

        return total;
    }

    /// <summary>The compute resources among the quota's that a container of the pod leaves open: <c>limits.cpu for: a,b; …</c>; null for none.</summary>
    public static string? Missing(JsonObject pod, IEnumerable<string> limited)
    {
        var missing =
            from name in limited.Order(StringComparer.Ordinal)
            let path = name.Split('.') switch
            {
                ["requests" or "limits", var resource] parts when ComputeResources.Contains(resource) => (Kind: parts[0], Resource: resource),
                [var resource] when ComputeResources.Contains(resource) => (Kind: "requests", Resource: resource),
                _ => default,
            }
            where path.Kind is not null
            let containers = pod.Items("spec", "containers").Where(container => container.Text("resources", path.Kind, path.Resource) is null)
                .Select(container => container.Text("name")).Order(StringComparer.Ordinal).ToArray()
            where containers.Length > 0
            select $"{name} for: {string.Join(',', containers)}";
        return string.Join("; ", missing) is { Length: > 0 } text ? text : null;
    }
}
