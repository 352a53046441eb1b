using System.Text.Json;

namespace Kftray.Sidecar.Tests.Rpc;

internal static class Parameters
{
    /// <summary>Parameters as they stand on the wire, also such as no record could hold.</summary>
    public static IReadOnlyDictionary<string, object?> Of(string json) =>
        JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json)!.ToDictionary(pair => pair.Key, pair => (object?)pair.Value);
}
