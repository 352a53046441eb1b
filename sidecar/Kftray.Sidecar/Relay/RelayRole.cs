namespace Kftray.Sidecar.Relay;

/// <summary>The role that a relay needs, as YAML to hand to whoever grants roles.</summary>
internal static class RelayRole
{
    public static string Yaml(string ns) =>
        $"""
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata:
          name: kftray-relay
          namespace: {ns}
        rules:
        - apiGroups: [batch]
          resources: [jobs]
          verbs: [create, delete, get, list, patch]
        - apiGroups: [""]
          resources: [pods]
          verbs: [get, list, watch]
        - apiGroups: [""]
          resources: [pods/portforward]
          verbs: [create, get]
        - apiGroups: [""]
          resources: [events]
          verbs: [list]
        """;

    public static string Hint(string ns) => $"Ask for this role, or set relay.namespace, or name an existing relay in relay.service:\n{Yaml(ns)}";
}
