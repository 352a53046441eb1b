using Microsoft.AspNetCore.Http;
using Kftray.Testing.Store;

namespace Kftray.Testing.Http;

/// <summary>What a request asks for, read from method and path as the API server does (apiserver's RequestInfoFactory).</summary>
/// <param name="Kind">Null when the path names no resource that is served here.</param>
/// <param name="Transport">The way of a port-forward: <c>spdy</c>, <c>tunnel</c>, <c>channels</c>; null for other requests.</param>
internal sealed record RequestInfo(string Path, string Verb, ResourceKind? Kind, string? Namespace, string? Name, string? Subresource)
{
    public string? Transport { get; init; }

    /// <summary><c>pods</c> or <c>pods/portforward</c>; null for a path that is no resource.</summary>
    public string? QualifiedResource => Kind is null ? null : Subresource is null ? Kind.Plural : $"{Kind.Plural}/{Subresource}";

    public static RequestInfo From(HttpRequest request)
    {
        var path = request.Path.Value ?? "/";
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString).ToArray();
        var (group, version, rest) = parts switch
        {
            ["api", var v, .. var tail] => ("", v, tail),
            ["apis", var g, var v, .. var tail] => (g, v, tail),
            _ => ("", "", (string[])[]),
        };
        var (ns, resource, name, subresource) = rest switch
        {
            ["namespaces", var n] => (null, "namespaces", n, null),
            ["namespaces", var n, "status" or "finalize"] => (null, "namespaces", n, rest[2]),
            ["namespaces", var n, var r] => (n, r, null, null),
            ["namespaces", var n, var r, var o] => (n, r, o, null),
            ["namespaces", var n, var r, var o, var s] => (n, r, o, s),
            [var r] => (null, r, null, null),
            [var r, var o] => (null, r, o, null),
            [var r, var o, var s] => (null, r, o, s),
            _ => ((string?)null, (string?)null, (string?)null, (string?)null),
        };
        var kind = resource is null ? null : ResourceKinds.Find(group, version, resource);
        return new RequestInfo(path, VerbOf(request, kind, name), kind, ns, name, subresource)
        {
            Transport = subresource == "portforward" ? TransportOf(request) : null,
        };
    }

    private static string VerbOf(HttpRequest request, ResourceKind? kind, string? name) => request.Method switch
    {
        _ when kind is null => request.Method.ToLowerInvariant(),
        "GET" or "HEAD" when IsTrue(request.Query["watch"]) => "watch",
        "GET" or "HEAD" => name is null ? "list" : "get",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => name is null ? "deletecollection" : "delete",
        _ => request.Method.ToLowerInvariant(),
    };

    private static string TransportOf(HttpRequest request) =>
        !request.Headers.Upgrade.ToString().Contains("websocket", StringComparison.OrdinalIgnoreCase) ? "spdy"
        : request.Headers.SecWebSocketProtocol.ToString().Contains("SPDY/3.1+", StringComparison.Ordinal) ? "tunnel"
        : "channels";

    private static bool IsTrue(string? value) => value is "1" or "true" or "True";
}
