using System.Text.Json.Nodes;
using Kftray.Testing.Http;
using Kftray.Testing.Store;

namespace Kftray.Testing.Admission;

/// <summary>Refuses what would exceed a resource quota of its namespace, in the words of the real plugin.</summary>
internal sealed class QuotaAdmission(ObjectStore store)
{
    /// <exception cref="ApiException">403.</exception>
    public void Review(ResourceKind kind, string @namespace, JsonObject content)
    {
        var quotas = store.List(ResourceKinds.ResourceQuotas, @namespace).Items;
        if (quotas.Count == 0 || kind == ResourceKinds.Events) return;
        var requested = ResourceUsage.Of(kind, content);
        var used = ResourceUsage.OfNamespace(store, @namespace);
        var name = content.Text("metadata", "name") ?? "";
        foreach (var quota in quotas)
        {
            var limits = (quota.Read().StringMap("spec", "hard") ?? new Dictionary<string, string>()).ToDictionary(pair => pair.Key, pair => Quantity.Parse(pair.Value));
            if (kind == ResourceKinds.Pods && ResourceUsage.Missing(content, limits.Keys) is { } missing)
                throw ApiException.Forbidden(kind, name, $"failed quota: {quota.Name}: must specify {missing}");
            var exceeded = limits.Keys.Where(key => requested.ContainsKey(key) && (used.GetValueOrDefault(key) + requested[key]).Value > limits[key].Value)
                .Order(StringComparer.Ordinal).ToArray();
            if (exceeded.Length == 0) continue;
            string Text(IReadOnlyDictionary<string, Quantity> amounts) => string.Join(',', exceeded.Select(key => $"{key}={amounts.GetValueOrDefault(key)}"));
            throw ApiException.Forbidden(kind, name, $"exceeded quota: {quota.Name}, requested: {Text(requested)}, used: {Text(used)}, limited: {Text(limits)}");
        }
    }
}
