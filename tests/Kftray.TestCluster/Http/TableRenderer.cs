using System.Globalization;
using System.Text.Json.Nodes;
using Kftray.Testing.Store;
using Microsoft.AspNetCore.Http;

namespace Kftray.Testing.Http;

/// <summary>The tables of <c>kubectl get</c>: the server decides what the columns are.</summary>
internal static class TableRenderer
{
    public static bool IsWanted(HttpRequest request) => request.Headers.Accept.ToString().Contains("as=Table", StringComparison.Ordinal);

    /// <param name="now">The present, as the API writes times.</param>
    public static JsonObject Render(ResourceKind kind, IReadOnlyList<StoredObject> items, long revision, string now, HttpRequest request)
    {
        var columns = TableColumns.Of(kind);
        var inclusion = request.Query["includeObject"].ToString();
        return new JsonObject
        {
            ["kind"] = "Table",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = new JsonObject { ["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture) },
            ["columnDefinitions"] = columns.Select(column => new JsonObject
            {
                ["name"] = column.Name,
                ["type"] = column.Type,
                ["format"] = column.Name == "Name" ? "name" : "",
                ["description"] = column.Name,
                ["priority"] = column.IsWide ? 1 : 0,
            }).ToJsonArray(),
            ["rows"] = items.Select(item =>
            {
                var content = item.Read();
                return new JsonObject
                {
                    ["cells"] = columns.Select(column => column.Cell(content, now)).ToJsonArray(),
                    ["object"] = inclusion switch
                    {
                        "None" => null,
                        "Object" => content,
                        _ => new JsonObject
                        {
                            ["kind"] = "PartialObjectMetadata",
                            ["apiVersion"] = "meta.k8s.io/v1",
                            ["metadata"] = content["metadata"]!.DeepClone(),
                        },
                    },
                };
            }).ToJsonArray(),
        };
    }
}
