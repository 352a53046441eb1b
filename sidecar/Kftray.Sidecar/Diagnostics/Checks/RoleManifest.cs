using Kftray.Sidecar.Kubernetes.Examination;

namespace Kftray.Sidecar.Diagnostics.Checks;

/// <summary>The Role and RoleBinding that would grant what is missing, ready for <c>kubectl apply</c>.</summary>
internal static class RoleManifest
{
    private const string Name = "kftray";

    /// <param name="user">Whom to bind it to; null when it is not known here.</param>
    /// <returns>Lines of YAML: one Role and one RoleBinding a namespace.</returns>
    public static IReadOnlyList<string> Write(IEnumerable<NeededPermission> missing, string? user) =>
        [.. missing.GroupBy(needed => needed.Namespace).SelectMany((place, index) =>
            (IEnumerable<string>)[.. index > 0 ? (string[])["---"] : [], .. Write(place.Select(needed => needed.Permission), place.Key, user)])];

    private static IEnumerable<string> Write(IEnumerable<Permission> missing, string ns, string? user)
    {
        var rules = missing
            .GroupBy(permission => (permission.Group, permission.Resource), permission => permission.Verb)
            .SelectMany(rule => (string[])
            [
                $"- apiGroups: [\"{rule.Key.Group}\"]",
                $"  resources: [\"{rule.Key.Resource}\"]",
                $"  verbs: [{string.Join(", ", rule.Select(verb => $"\"{verb}\""))}]",
            ]);
        return
        [
            "apiVersion: rbac.authorization.k8s.io/v1",
            "kind: Role",
            $"metadata: {{ name: {Name}, namespace: {ns} }}",
            "rules:",
            .. rules,
            "---",
            "apiVersion: rbac.authorization.k8s.io/v1",
            "kind: RoleBinding",
            $"metadata: {{ name: {Name}, namespace: {ns} }}",
            $"roleRef: {{ apiGroup: rbac.authorization.k8s.io, kind: Role, name: {Name} }}",
            "subjects:",
            .. user is null ? (string[])["# Your name there: kubectl auth whoami", "- { apiGroup: rbac.authorization.k8s.io, kind: User, name: YOU }"]
                : [$"- {{ apiGroup: rbac.authorization.k8s.io, kind: User, name: \"{user}\" }}"],
        ];
    }
}
