using System.Globalization;
using System.Text.Json.Nodes;
using Kftray.Testing.Store;

namespace Kftray.Testing.Http;

/// <summary>RFC 6902.</summary>
internal static class JsonPatch
{
    /// <exception cref="ApiException">422 when an operation does not fit the document.</exception>
    public static JsonNode Apply(JsonNode document, JsonArray operations)
    {
        foreach (var operation in operations.OfType<JsonObject>())
        {
            var path = Split(operation.Text("path") ?? "");
            switch (operation.Text("op"))
            {
                case "add":
                    Add(document, path, operation["value"]?.DeepClone());
                    break;
                case "replace":
                    Remove(document, path);
                    Add(document, path, operation["value"]?.DeepClone());
                    break;
                case "remove":
                    Remove(document, path);
                    break;
                case "copy":
                    Add(document, path, Find(document, Split(operation.Text("from") ?? ""))?.DeepClone());
                    break;
                case "move":
                    var moved = Find(document, Split(operation.Text("from") ?? ""))?.DeepClone();
                    Remove(document, Split(operation.Text("from") ?? ""));
                    Add(document, path, moved);
                    break;
                case "test":
                    if (!JsonNode.DeepEquals(Find(document, path), operation["value"])) throw Unprocessable($"testing value {operation["path"]} failed");
                    break;
                default:
                    throw ApiException.BadRequest($"unexpected kind of operation: {operation["op"]}");
            }
        }

        return document;
    }

    private static string[] Split(string pointer) =>
        [.. pointer.Split('/').Skip(1).Select(part => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];

    private static JsonNode? Find(JsonNode document, ReadOnlySpan<string> path)
    {
        JsonNode? node = document;
        foreach (var key in path)
        {
            node = node switch
            {
                JsonObject content when content.ContainsKey(key) => content[key],
                JsonArray items when Index(key, items.Count) is var at && at < items.Count => items[at],
                _ => throw Unprocessable($"path not found: {string.Join('/', path)}"),
            };
        }

        return node;
    }

    private static void Add(JsonNode document, string[] path, JsonNode? value)
    {
        switch (Find(document, path.AsSpan(..^1)))
        {
            case JsonObject content:
                content[path[^1]] = value;
                break;
            case JsonArray items:
                items.Insert(path[^1] == "-" ? items.Count : Index(path[^1], items.Count + 1), value);
                break;
            default:
                throw Unprocessable($"path not found: {string.Join('/', path)}");
        }
    }

    private static void Remove(JsonNode document, string[] path)
    {
        _ = Find(document, path);
        switch (Find(document, path.AsSpan(..^1)))
        {
            case JsonObject content:
                content.Remove(path[^1]);
                break;
            case JsonArray items:
                items.RemoveAt(Index(path[^1], items.Count));
                break;
        }
    }

    private static int Index(string key, int count) =>
        int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at < count
            ? at
            : throw Unprocessable($"index out of range: {key}");

    private static ApiException Unprocessable(string message) => new(422, "Invalid", $"the server rejected our request due to an error in our request: {message}");
}
