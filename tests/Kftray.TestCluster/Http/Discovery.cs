using System.Text.Json.Nodes;
using Kftray.Testing.Store;
using Microsoft.AspNetCore.Http;

namespace Kftray.Testing.Http;

/// <summary>
/// What clients ask before they ask for anything: <c>/version</c>, <c>/api</c>, <c>/apis</c>, the groups' resources, aggregated in one
/// document where the client takes that.
/// </summary>
internal static class Discovery
{
    private const string AggregatedMarker = "as=APIGroupDiscoveryList";
    private const string AggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

    private static readonly string[] ObjectVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    /// <summary>False when the path is none of these.</summary>
    public static async Task<bool> TryServeAsync(HttpContext context)
    {
        var isAggregated = context.Request.Headers.Accept.ToString() is var accept
            && accept.Contains(AggregatedMarker, StringComparison.Ordinal) && accept.Contains("v=v2;", StringComparison.Ordinal);
        var document = (context.Request.Path.Value ?? "").Trim('/').Split('/') switch
        {
            ["version"] => Version(),
            ["api"] => isAggregated ? Aggregated(isCore: true) : CoreVersions(),
            ["apis"] => isAggregated ? Aggregated(isCore: false) : Groups(),
            ["api", var version] => Resources("", version),
            ["apis", var group] => Named().FirstOrDefault(g => g.Key == group) is { } found ? Group(found) : null,
            ["apis", var group, var version] => Resources(group, version),
            ["openapi", "v3", .. var rest] => OpenApi.Document(string.Join('/', rest)),
            _ => null,
        };
        if (document is null) return false;
        var contentType = document.Text("kind") == "APIGroupDiscoveryList" ? AggregatedType : "application/json";
        await context.Response.WriteJsonAsync(document, contentType: contentType);
        return true;
    }

    private static JsonObject Version() => new()
    {
        ["major"] = "1",
        ["minor"] = "35",
        ["gitVersion"] = "v1.35.0",
        ["gitCommit"] = "0000000000000000000000000000000000000000",
        ["gitTreeState"] = "clean",
        ["buildDate"] = "2026-01-01T00:00:00Z",
        ["goVersion"] = "go1.25.0",
        ["compiler"] = "gc",
        ["platform"] = "linux/amd64",
    };

    private static JsonObject CoreVersions() => new()
    {
        ["kind"] = "APIVersions",
        ["versions"] = new JsonArray("v1"),
        ["serverAddressByClientCIDRs"] = new JsonArray(),
    };

    private static JsonObject Groups() => new()
    {
        ["kind"] = "APIGroupList",
        ["apiVersion"] = "v1",
        ["groups"] = Named().Select(Group).ToJsonArray(),
    };

    private static JsonObject Group(IGrouping<string, ResourceKind> group)
    {
        JsonObject Version() => new() { ["groupVersion"] = group.First().GroupVersion, ["version"] = group.First().Version };
        return new JsonObject
        {
            ["kind"] = "APIGroup",
            ["apiVersion"] = "v1",
            ["name"] = group.Key,
            ["versions"] = new JsonArray(Version()),
            ["preferredVersion"] = Version(),
        };
    }

    private static JsonObject? Resources(string group, string version)
    {
        var kinds = ResourceKinds.All.Where(kind => kind.Group == group && kind.Version == version).ToArray();
        if (kinds.Length == 0) return null;
        return new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = kinds[0].GroupVersion,
            ["resources"] = kinds.SelectMany(ResourceEntries).ToJsonArray(),
        };
    }

    private static IEnumerable<JsonNode> ResourceEntries(ResourceKind kind)
    {
        yield return new JsonObject
        {
            ["name"] = kind.Plural,
            ["singularName"] = kind.Singular,
            ["namespaced"] = kind.IsNamespaced,
            ["kind"] = kind.Kind,
            ["verbs"] = Strings(VerbsOf(kind)),
            ["shortNames"] = Strings(kind.ShortNames),
            ["categories"] = Strings(kind.Categories),
        };
        foreach (var subresource in kind.Subresources)
        {
            yield return new JsonObject
            {
                ["name"] = $"{kind.Plural}/{subresource.Name}",
                ["singularName"] = "",
                ["namespaced"] = kind.IsNamespaced,
                ["group"] = subresource.Group,
                ["version"] = subresource.Version,
                ["kind"] = subresource.Kind,
                ["verbs"] = Strings(subresource.Verbs),
            };
        }
    }

    private static JsonObject Aggregated(bool isCore) => new()
    {
        ["kind"] = "APIGroupDiscoveryList",
        ["apiVersion"] = "apidiscovery.k8s.io/v2",
        ["metadata"] = new JsonObject(),
        ["items"] = ResourceKinds.All.GroupBy(kind => kind.Group).Where(group => group.Key.Length == 0 == isCore).Select(group => new JsonObject
        {
            ["metadata"] = group.Key.Length == 0 ? new JsonObject() : new JsonObject { ["name"] = group.Key },
            ["versions"] = new JsonArray(new JsonObject
            {
                ["version"] = group.First().Version,
                ["freshness"] = "Current",
                ["resources"] = group.Select(AggregatedEntry).ToJsonArray(),
            }),
        }).ToJsonArray(),
    };

    private static JsonObject AggregatedEntry(ResourceKind kind) => new()
    {
        ["resource"] = kind.Plural,
        ["responseKind"] = ResponseKind(kind.Group, kind.Version, kind.Kind),
        ["scope"] = kind.IsNamespaced ? "Namespaced" : "Cluster",
        ["singularResource"] = kind.Singular,
        ["shortNames"] = Strings(kind.ShortNames),
        ["categories"] = Strings(kind.Categories),
        ["verbs"] = Strings(VerbsOf(kind)),
        ["subresources"] = kind.Subresources.Select(subresource => new JsonObject
        {
            ["subresource"] = subresource.Name,
            ["responseKind"] = ResponseKind(subresource.Group, subresource.Version, subresource.Kind),
            ["verbs"] = Strings(subresource.Verbs),
        }).ToJsonArray(),
    };

    private static string[] VerbsOf(ResourceKind kind) => kind.IsCreateOnly ? ["create"] : ObjectVerbs;

    private static JsonObject ResponseKind(string group, string version, string kind) =>
        new() { ["group"] = group, ["version"] = version, ["kind"] = kind };

    private static IEnumerable<IGrouping<string, ResourceKind>> Named() =>
        ResourceKinds.All.Where(kind => kind.Group.Length > 0).GroupBy(kind => kind.Group);

    private static JsonArray Strings(IEnumerable<string> values) => values.Select(value => (JsonNode?)value).ToJsonArray();
}
