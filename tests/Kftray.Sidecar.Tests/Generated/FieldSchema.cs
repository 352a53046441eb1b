using System.Text.Json.Nodes;
using Kftray.Sidecar.Workspace;

namespace Kftray.Sidecar.Tests.Generated;

/// <summary>The schema of a single key, by its kind.</summary>
internal static class FieldSchema
{
    public static JsonObject Object(GroupField group)
    {
        var properties = new JsonObject();
        foreach (ConfigField field in group.Fields)
            properties[field.Name] = Described(field);

        foreach ((string key, string reason) in group.Unused)
            properties[key] = new JsonObject { ["deprecationMessage"] = $"{key} is {reason}.", ["doNotSuggest"] = true };

        return new JsonObject { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };
    }

    private static JsonObject Described(ConfigField field)
    {
        var schema = Of(field);
        schema["description"] = field.Description.Replace("`", "", StringComparison.Ordinal);
        schema["markdownDescription"] = field.Description;
        return schema;
    }

    private static JsonObject Of(ConfigField field) => field switch
    {
        GroupField group => Object(group),
        MapField => new JsonObject { ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = "string" } },
        ManifestField { IsList: true } => new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "object" } },
        ManifestField => new JsonObject { ["type"] = "object" },
        IChoiceField choice => new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. choice.Words.Select(w => JsonValue.Create(w))]) },
        FlagField => new JsonObject { ["type"] = "boolean" },
        IntegerField integer => new JsonObject
        {
            // A string only for a variable, which cannot be written otherwise.
            ["type"] = new JsonArray("integer", "string"),
            ["minimum"] = integer.Minimum,
            ["maximum"] = integer.Maximum,
            ["pattern"] = @"^\$\{env:[^{}]+\}$",
            ["patternErrorMessage"] = "A number, or a variable such as ${env:PORT}.",
        },
        SecondsField seconds => new JsonObject { ["type"] = "number", ["minimum"] = seconds.Minimum, ["maximum"] = seconds.Maximum },
        PortField => new JsonObject
        {
            ["type"] = new JsonArray("integer", "string"),
            ["minimum"] = 1,
            ["maximum"] = 65535,
            ["pattern"] = @"^([a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?|\$\{env:[^{}]+\})$",
            ["patternErrorMessage"] = "A port is a number from 1 to 65535, or a name of at most 15 lower-case letters, digits and '-'.",
        },
        AddressField => new JsonObject
        {
            ["type"] = "string",
            ["pattern"] = "^(localhost|[0-9]+(\\.[0-9]+){3}|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(%.+)?|\\$\\{env:.+|)$",
            ["patternErrorMessage"] = "An IP address of this machine, or localhost.",
        },
        FileFields.ForwardsField => new JsonObject { ["type"] = "array" },
        TextField => new JsonObject { ["type"] = "string" },
        _ => throw new InvalidOperationException($"No schema for {field.GetType().Name}."),
    };
}
