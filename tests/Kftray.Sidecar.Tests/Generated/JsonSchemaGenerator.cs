using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kftray.Sidecar.Workspace;

namespace Kftray.Sidecar.Tests.Generated;

/// <summary>
/// Writes the JSON schema of the config file from the very fields that the reader judges by. The keywords beyond draft 7 are those that VS
/// Code's JSON editor knows.
/// </summary>
internal sealed class JsonSchemaGenerator
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <param name="isLocal">For <c>kftray.local.json</c>, whose entries only say what is different: nothing is required there.</param>
    public static string Generate(bool isLocal)
    {
        JsonObject schema = new()
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["$comment"] = "Generated from sidecar/Kftray.Sidecar/Workspace; do not edit. `npm run generate` rewrites it.",
            ["title"] = isLocal ? "Your changes to the workspace's port forwards" : "Port forwards",
            ["allowTrailingCommas"] = true,
            ["type"] = Array("object", "array"),
            ["defaultSnippets"] = SchemaSnippets.Files(),
            ["if"] = new JsonObject { ["type"] = "array" },
            ["then"] = new JsonObject { ["items"] = Reference(isLocal ? "anyForward" : "forward") },
            ["else"] = new JsonObject
            {
                ["if"] = IsSingleForward(),
                ["then"] = Reference(isLocal ? "anyForward" : "forward"),
                ["else"] = Reference("file"),
            },
            ["definitions"] = new JsonObject
            {
                ["file"] = FileSchema(isLocal),
                ["forward"] = isLocal ? null : CompleteForward(),
                ["anyForward"] = WithSnippets(FieldSchema.Object(ForwardFields.Forward)),
            },
        };
        if (isLocal)
            schema["definitions"]!.AsObject().Remove("forward");

        return schema.ToJsonString(Format) + "\n";
    }

    private static JsonObject IsSingleForward() => new()
    {
        ["not"] = new JsonObject { ["required"] = Array(FileFields.Forwards.Name) },
        ["anyOf"] = new JsonArray([.. ForwardFields.All.Select(f => new JsonObject { ["required"] = Array(f.Name) })]),
    };

    private static JsonObject FileSchema(bool isLocal)
    {
        var schema = FieldSchema.Object(FileFields.File);
        if (isLocal)
        {
            schema["properties"]![FileFields.Forwards.Name]!["items"] = Reference("anyForward");
            return schema;
        }

        // What the defaults say, a forward need not.
        schema["if"] = new JsonObject
        {
            ["required"] = Array(FileFields.Defaults.Name),
            ["properties"] = new JsonObject
            {
                [FileFields.Defaults.Name] = new JsonObject
                {
                    ["anyOf"] = new JsonArray(
                        new JsonObject { ["required"] = Array(ForwardFields.WorkloadType.Name) },
                        new JsonObject { ["required"] = Array(ForwardFields.RemotePort.Name) }),
                },
            },
        };
        schema["then"] = ForwardsAre("anyForward");
        schema["else"] = ForwardsAre("forward");
        return schema;
    }

    private static JsonObject ForwardsAre(string definition) => new()
    {
        ["properties"] = new JsonObject
        {
            [FileFields.Forwards.Name] = new JsonObject { ["items"] = Reference(definition) },
        },
    };

    /// <summary>A forward that says everything its workload type needs.</summary>
    private static JsonObject CompleteForward() => WithSnippets(new JsonObject
    {
        ["allOf"] = new JsonArray(
            Reference("anyForward"),
            When("pod", new JsonObject { ["required"] = Array(ForwardFields.RemotePort.Name), ["anyOf"] = OneOf(ForwardFields.Service, ForwardFields.Target) }),
            When("proxy", new JsonObject { ["required"] = Array(ForwardFields.RemotePort.Name), ["anyOf"] = OneOf(ForwardFields.RemoteAddress, ForwardFields.Service) }),
            new JsonObject
            {
                ["if"] = new JsonObject
                {
                    ["properties"] = new JsonObject { [ForwardFields.WorkloadType.Name] = new JsonObject { ["const"] = "service" } },
                },
                ["then"] = new JsonObject { ["required"] = Array(ForwardFields.Service.Name, ForwardFields.RemotePort.Name) },
            }),
    });

    private static JsonObject When(string workloadType, JsonObject requirement) => new()
    {
        ["if"] = new JsonObject
        {
            ["required"] = Array(ForwardFields.WorkloadType.Name),
            ["properties"] = new JsonObject { [ForwardFields.WorkloadType.Name] = new JsonObject { ["const"] = workloadType } },
        },
        ["then"] = requirement,
    };

    private static JsonArray OneOf(params ConfigField[] fields) =>
        new([.. fields.Select(f => new JsonObject { ["required"] = Array(f.Name) })]);

    private static JsonObject WithSnippets(JsonObject forward)
    {
        forward["defaultSnippets"] = SchemaSnippets.Forwards();
        return forward;
    }

    private static JsonObject Reference(string definition) => new() { ["$ref"] = $"#/definitions/{definition}" };

    private static JsonArray Array(params string[] words) => new([.. words.Select(w => JsonValue.Create(w))]);
}
