using System.Text.Json.Nodes;
using Kftray.Testing.Store;

namespace Kftray.Testing.Http;

/// <summary>
/// OpenAPI v3 as far as kubectl needs it: before it creates or applies, it looks whether the server validates fields (a
/// <c>fieldValidation</c> parameter on the kind's PATCH), so that it need not do so itself.
/// </summary>
internal static class OpenApi
{
    /// <param name="path">Below <c>/openapi/v3</c>; empty for the index.</param>
    /// <returns>Null when there is no such document.</returns>
    public static JsonObject? Document(string path)
    {
        if (path.Length == 0)
        {
            return new JsonObject
            {
                ["paths"] = new JsonObject(ResourceKinds.All.Select(PathOf).Distinct().Select(group =>
                    KeyValuePair.Create(group, (JsonNode?)new JsonObject { ["serverRelativeURL"] = $"/openapi/v3/{group}?hash=1" }))),
            };
        }

        var kinds = ResourceKinds.All.Where(kind => PathOf(kind) == path).ToArray();
        if (kinds.Length == 0) return null;
        return new JsonObject
        {
            ["openapi"] = "3.0.0",
            ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = "v1.35.0" },
            ["paths"] = new JsonObject(kinds.Select(kind => KeyValuePair.Create(
                $"/{path}/{(kind.IsNamespaced ? "namespaces/{namespace}/" : "")}{kind.Plural}/{{name}}", (JsonNode?)Operations(kind)))),
        };
    }

    private static string PathOf(ResourceKind kind) => kind.Group.Length == 0 ? $"api/{kind.Version}" : $"apis/{kind.GroupVersion}";

    private static JsonObject Operations(ResourceKind kind) => new()
    {
        ["patch"] = new JsonObject
        {
            ["parameters"] = new JsonArray(new JsonObject
            {
                ["name"] = "fieldValidation",
                ["in"] = "query",
                ["schema"] = new JsonObject { ["type"] = "string", ["uniqueItems"] = true },
            }),
            ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = "OK" } },
            ["x-kubernetes-action"] = "patch",
            ["x-kubernetes-group-version-kind"] = new JsonObject
            {
                ["group"] = kind.Group,
                ["version"] = kind.Version,
                ["kind"] = kind.Kind,
            },
        },
    };
}
