using System.Text.Json.Nodes;

namespace Kftray.Sidecar.Tests.Generated;

/// <summary>What the editor offers to insert.</summary>
internal static class SchemaSnippets
{
    public static JsonArray Files() =>
    [
        Snippet("Port forwards of this workspace", "A file with one forward", """
            { "version": 1, "defaults": { "namespace": "${1:default}" },
              "forwards": [ { "alias": "${2:shop/web}", "service": "${3:web}", "local_port": "^${4:8080}", "remote_port": "^${5:80}" } ] }
            """),
    ];

    public static JsonArray Forwards() =>
    [
        Snippet("Service", "Forward a port of a Service", """
            { "alias": "${1:web}", "service": "${2:web}", "local_port": "^${3:8080}", "remote_port": "^${4:80}" }
            """),
        Snippet("Pod", "Forward a port of the pods with a label", """
            { "alias": "${1:db}", "workload_type": "pod", "target": "${2:app=db}", "local_port": "^${3:5432}", "remote_port": "^${4:5432}" }
            """),
        Snippet("Proxy", "Forward to a host that the cluster can reach", """
            { "alias": "${1:db}", "workload_type": "proxy", "remote_address": "${2:db.internal}", "local_port": "^${3:5432}", "remote_port": "^${4:5432}" }
            """),
        Snippet("UDP", "Forward a UDP port of a Service", """
            { "alias": "${1:dns}", "service": "${2:dns}", "protocol": "udp", "local_port": "^${3:5353}", "remote_port": "^${4:53}" }
            """),
    ];

    // In a snippet, VS Code writes a string that starts with ^ without its quotes.
    private static JsonObject Snippet(string label, string description, string body) => new()
    {
        ["label"] = label,
        ["description"] = description,
        ["body"] = JsonNode.Parse(body),
    };
}
