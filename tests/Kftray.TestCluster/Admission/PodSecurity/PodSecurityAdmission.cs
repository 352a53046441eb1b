using System.Text.Json.Nodes;
using Kftray.Testing.Http;
using Kftray.Testing.Store;

namespace Kftray.Testing.Admission.PodSecurity;

/// <summary>
/// Applies the standards as a namespace's labels <c>pod-security.kubernetes.io/…</c> say: pods are refused; what makes pods is accepted with
/// a warning, and its pods are refused later.
/// </summary>
internal static class PodSecurityAdmission
{
    private const string Prefix = "pod-security.kubernetes.io/";

    /// <param name="home">The namespace.</param>
    /// <param name="warnings">What the client is to be told although it is accepted.</param>
    /// <exception cref="ApiException">403.</exception>
    public static void Review(JsonObject home, ResourceKind kind, JsonObject content, ICollection<string>? warnings)
    {
        var pod = kind.Plural switch
        {
            "pods" => content,
            "jobs" or "deployments" => content.At("spec", "template") as JsonObject,
            _ => null,
        };
        if (pod is null || home.StringMap("metadata", "labels") is not { } labels) return;
        var enforced = PolicyOf(labels, "enforce");
        if (kind == ResourceKinds.Pods && PodSecurityStandard.Evaluate(pod, enforced.Level) is { Count: > 0 } violations)
            throw ApiException.Forbidden(kind, content.Text("metadata", "name") ?? "", $"violates PodSecurity \"{enforced}\": {string.Join(", ", violations)}");

        // Without a level of its own, the warning's is the enforced one.
        var warned = labels.ContainsKey(Prefix + "warn") ? PolicyOf(labels, "warn") : enforced;
        if (PodSecurityStandard.Evaluate(pod, warned.Level) is { Count: > 0 } doubts) warnings?.Add($"would violate PodSecurity \"{warned}\": {string.Join(", ", doubts)}");
    }

    private static Policy PolicyOf(IReadOnlyDictionary<string, string> labels, string mode) => new(
        labels.GetValueOrDefault(Prefix + mode) switch
        {
            null or "privileged" => PodSecurityLevel.Privileged,
            "baseline" => PodSecurityLevel.Baseline,
            // Restricted, or a word that is none: then the strictest.
            _ => PodSecurityLevel.Restricted,
        },
        labels.GetValueOrDefault($"{Prefix}{mode}-version") ?? "latest");

    // The version is only named: the rules are those of one version.
    private sealed record Policy(PodSecurityLevel Level, string Version)
    {
        public override string ToString() => $"{Level.ToString().ToLowerInvariant()}:{Version}";
    }
}
