using System.Text.Json.Nodes;
using Kftray.Testing.Admission;
using Kftray.Testing.Store;

namespace Kftray.Testing.Controllers;

/// <summary>Writes into each resource quota what of it is used. Admission does not depend on it: it counts itself.</summary>
internal sealed class QuotaController(ObjectStore store) : IController
{
    public TimeSpan? Reconcile(string @namespace)
    {
        var quotas = store.List(ResourceKinds.ResourceQuotas, @namespace).Items;
        if (quotas.Count == 0) return null;
        var used = ResourceUsage.OfNamespace(store, @namespace);
        foreach (var quota in quotas)
        {
            store.Update(quota.Kind, @namespace, quota.Name, content =>
            {
                var hard = content.StringMap("spec", "hard") ?? new Dictionary<string, string>();
                content["status"] = new JsonObject
                {
                    ["hard"] = hard.ToJsonObject(),
                    ["used"] = hard.Select(pair => KeyValuePair.Create(pair.Key, used.GetValueOrDefault(pair.Key).ToString())).ToJsonObject(),
                };
                return content;
            });
        }

        return null;
    }
}
