using System.Text.Json.Nodes;

namespace Kftray.Conformance.Tests;

/// <summary>Relay pods as a client writes them.</summary>
internal static class RelayManifests
{
    /// <summary>The public image, whose stand-in belongs to the test cluster.</summary>
    public const string LockstepImage = "ghcr.io/hcavarsan/kftray-server:latest";

    public const int LocalPort = 18080;

    public static JsonObject Job(string name, string remoteAddress, int remotePort, string protocol = "tcp", Action<JsonObject>? change = null)
    {
        var spec = new JsonObject
        {
            ["backoffLimit"] = 0,
            ["template"] = new JsonObject
            {
                ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = name } },
                ["spec"] = PodSpec(remoteAddress, remotePort, protocol),
            },
        };
        change?.Invoke(spec);
        return new JsonObject
        {
            ["apiVersion"] = "batch/v1",
            ["kind"] = "Job",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "shop" },
            ["spec"] = spec,
        };
    }

    public static JsonObject Pod(string name, JsonObject spec) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "shop", ["labels"] = new JsonObject { ["app"] = name } },
        ["spec"] = spec,
    };

    public static JsonObject PodSpec(string remoteAddress, int remotePort, string protocol = "tcp") => new()
    {
        ["restartPolicy"] = "Never",
        ["terminationGracePeriodSeconds"] = 5,
        ["containers"] = new JsonArray(new JsonObject
        {
            ["name"] = "relay",
            ["image"] = LockstepImage,
            ["env"] = new JsonArray(
                Variable("LOCAL_PORT", LocalPort.ToString()),
                Variable("REMOTE_ADDRESS", remoteAddress),
                Variable("REMOTE_PORT", remotePort.ToString()),
                Variable("PROXY_TYPE", protocol)),
        }),
    };

    private static JsonObject Variable(string name, string value) => new() { ["name"] = name, ["value"] = value };
}
