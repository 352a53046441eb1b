using System.Text.Json.Nodes;
using Kftray.Testing.Store;
using static Kftray.Testing.Admission.PodSecurity.PodUnderReview;

namespace Kftray.Testing.Admission.PodSecurity;

/// <summary>The rules that the restricted level adds: what hardening asks of every pod.</summary>
internal static class RestrictedRules
{
    private static readonly string[] VolumeTypes = ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];

    public static readonly PodSecurityRule[] All =
    [
        new("allowPrivilegeEscalation", PodSecurityLevel.Restricted, PrivilegeEscalation),
        new("capabilities_restricted", PodSecurityLevel.Restricted, Capabilities),
        new("restrictedVolumes", PodSecurityLevel.Restricted, Volumes),
        new("runAsNonRoot", PodSecurityLevel.Restricted, RunAsNonRoot),
        new("runAsUser", PodSecurityLevel.Restricted, RunAsUser),
        new("seccompProfile_restricted", PodSecurityLevel.Restricted, Seccomp),
    ];

    public static string? SeccompType(JsonNode? context) => context.At("seccompProfile") is { } profile ? profile.Text("type") ?? "" : null;

    public static bool IsBadSeccomp(string type) => type is not ("RuntimeDefault" or "Localhost");

    private static PodSecurityViolation? PrivilegeEscalation(PodUnderReview pod)
    {
        if (pod.IsWindows) return null;
        var containers = pod.NamesOf(container => !IsFalse(container.At("securityContext", "allowPrivilegeEscalation")));
        return containers.Count == 0 ? null : new("allowPrivilegeEscalation != false", $"{ContainersText(containers)} must set securityContext.allowPrivilegeEscalation=false");
    }

    private static PodSecurityViolation? Capabilities(PodUnderReview pod)
    {
        if (pod.IsWindows) return null;
        static IEnumerable<string> Bad(JsonObject container) => Strings(container.At("securityContext", "capabilities", "add")).Where(name => name != "NET_BIND_SERVICE");
        var details = new List<string>();
        var keeping = pod.NamesOf(container => !Strings(container.At("securityContext", "capabilities", "drop")).Contains("ALL"));
        if (keeping.Count > 0) details.Add($"{ContainersText(keeping)} must set securityContext.capabilities.drop=[\"ALL\"]");
        var adding = pod.NamesOf(container => Bad(container).Any());
        if (adding.Count > 0)
            details.Add($"{ContainersText(adding)} must not include {Quoted(pod.Containers.SelectMany(Bad).Distinct().Order(StringComparer.Ordinal))} in securityContext.capabilities.add");
        return details.Count == 0 ? null : new("unrestricted capabilities", string.Join("; ", details));
    }

    private static PodSecurityViolation? Volumes(PodUnderReview pod)
    {
        var bad = pod.Spec.Items("volumes").Where(volume => !VolumeTypes.Any(volume.ContainsKey)).ToArray();
        if (bad.Length == 0) return null;
        var types = bad.Select(volume => volume.Select(field => field.Key).FirstOrDefault(key => key != "name") ?? "unknown").Distinct().Order(StringComparer.Ordinal).ToArray();
        var names = Quoted(bad.Select(volume => volume.Text("name") ?? ""));
        return new(
            "restricted volume types",
            $"{Plural("volume", "volumes", bad.Length)} {names} {Plural("uses", "use", bad.Length)} {Plural("restricted volume type", "restricted volume types", types.Length)} {Quoted(types)}");
    }

    private static PodSecurityViolation? RunAsNonRoot(PodUnderReview pod)
    {
        if (pod.HasUserNamespace) return null;
        const string Reason = "runAsNonRoot != true";
        if (pod.Setters(context => IsFalse(context.At("runAsNonRoot"))) is { } setters) return new(Reason, $"{setters} must not set securityContext.runAsNonRoot=false");
        if (IsTrue(pod.Context.At("runAsNonRoot"))) return null;
        var silent = pod.NamesOf(container => container.At("securityContext", "runAsNonRoot") is null);
        return silent.Count == 0 ? null : new(Reason, $"pod or {ContainersText(silent)} must set securityContext.runAsNonRoot=true");
    }

    private static PodSecurityViolation? RunAsUser(PodUnderReview pod) =>
        !pod.HasUserNamespace && pod.Setters(context => context.Number("runAsUser") == 0) is { } setters ? new("runAsUser=0", $"{setters} must not set runAsUser=0") : null;

    private static PodSecurityViolation? Seccomp(PodUnderReview pod)
    {
        if (pod.IsWindows) return null;
        const string Reason = "seccompProfile";
        static bool IsBad(JsonNode? context) => SeccompType(context) is { } type && IsBadSeccomp(type);
        if (pod.Setters(IsBad) is { } setters)
            return new(Reason, $"{setters} must not set securityContext.seccompProfile.type to {Quoted(pod.ContextValues(SeccompType, IsBadSeccomp))}");
        if (SeccompType(pod.Context) is not null) return null;
        var silent = pod.NamesOf(container => SeccompType(container["securityContext"]) is null);
        return silent.Count == 0 ? null : new(Reason, $"pod or {ContainersText(silent)} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"");
    }
}
