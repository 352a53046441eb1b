using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kftray.Sidecar.Contract;

/// <summary>Enums on the wire are camelCase words; numbers are refused.</summary>
internal sealed class CamelCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
