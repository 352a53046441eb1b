using System.Text.Json.Nodes;
using Kftray.Testing.Store;

namespace Kftray.Testing.Admission.PodSecurity;

/// <summary>A pod as the rules of pod security look at it, and the words in which they name what they find.</summary>
internal sealed class PodUnderReview(JsonNode? metadata, JsonNode? spec)
{
    public JsonNode? Metadata => metadata;

    public JsonNode? Spec => spec;

    public JsonNode? Context => spec.At("securityContext");

    /// <summary>Init containers first, as the real rules visit them.</summary>
    public IReadOnlyList<JsonObject> Containers { get; } =
        [.. spec.Items("initContainers"), .. spec.Items("containers"), .. spec.Items("ephemeralContainers")];

    public bool IsWindows => spec.Text("os", "name") == "windows";

    /// <summary>Root inside a user namespace is nobody outside: since 1.34 some rules let such pods be.</summary>
    public bool HasUserNamespace => IsFalse(spec.At("hostUsers"));

    public IReadOnlyList<string> NamesOf(Func<JsonObject, bool> isBad) => [.. Containers.Where(isBad).Select(container => container.Text("name") ?? "")];

    public static bool IsTrue(JsonNode? value) => value is JsonValue scalar && scalar.TryGetValue(out bool flag) && flag;

    public static bool IsFalse(JsonNode? value) => value is JsonValue scalar && scalar.TryGetValue(out bool flag) && !flag;

    public static string Plural(string one, string many, int count) => count == 1 ? one : many;

    public static string Quoted(IEnumerable<string> values) => string.Join(", ", values.Select(value => $"\"{value}\""));

    /// <summary><c>container "a"</c> or <c>containers "a", "b"</c>.</summary>
    public static string ContainersText(IReadOnlyCollection<string> names) => $"{Plural("container", "containers", names.Count)} {Quoted(names)}";

    /// <summary>Who sets a bad value: <c>pod</c>, <c>container "a"</c>, <c>pod and containers "a", "b"</c>; null when nobody does.</summary>
    public string? Setters(Func<JsonNode?, bool> isBadContext)
    {
        var setters = new List<string>();
        if (isBadContext(Context)) setters.Add("pod");
        var containers = NamesOf(container => isBadContext(container["securityContext"]));
        if (containers.Count > 0) setters.Add(ContainersText(containers));
        return setters.Count > 0 ? string.Join(" and ", setters) : null;
    }

    /// <summary>The values of a field in every security context, sorted, each once.</summary>
    public IReadOnlyList<string> ContextValues(Func<JsonNode?, string?> read, Func<string, bool> isBad) =>
    [
        .. Containers.Select(container => container["securityContext"]).Prepend(Context).Select(read).OfType<string>().Where(isBad)
            .Distinct().Order(StringComparer.Ordinal),
    ];

    /// <summary>The strings of an array.</summary>
    public static IEnumerable<string> Strings(JsonNode? array) => (array as JsonArray)?.Select(item => item.Text() ?? "") ?? [];
}
