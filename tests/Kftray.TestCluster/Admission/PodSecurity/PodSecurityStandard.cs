using System.Text.Json.Nodes;
using Kftray.Testing.Store;

namespace Kftray.Testing.Admission.PodSecurity;

/// <summary>The levels of the Pod Security Standards, from open to strict.</summary>
public enum PodSecurityLevel
{
    Privileged,
    Baseline,
    Restricted,
}

/// <summary>One rule of the standards.</summary>
/// <param name="Check">What is wrong, in brief and in detail; null when nothing is.</param>
/// <param name="IsOverridden">True for a rule that a stricter one of the restricted level replaces.</param>
internal sealed record PodSecurityRule(string Id, PodSecurityLevel Level, Func<PodUnderReview, PodSecurityViolation?> Check, bool IsOverridden = false);

/// <summary>What a rule finds.</summary>
public sealed record PodSecurityViolation(string Reason, string Detail)
{
    public override string ToString() => $"{Reason} ({Detail})";
}

/// <summary>
/// The Pod Security Standards as of Kubernetes 1.35, all rules, in the order and in the words of the real admission plugin.
/// https://kubernetes.io/docs/concepts/security/pod-security-standards/
/// </summary>
public static class PodSecurityStandard
{
    private static readonly PodSecurityRule[] Rules = [.. BaselineRules.All, .. RestrictedRules.All];

    /// <summary>What a pod, or a pod template, does that the level does not allow.</summary>
    public static IReadOnlyList<PodSecurityViolation> Evaluate(JsonObject pod, PodSecurityLevel level)
    {
        var review = new PodUnderReview(pod["metadata"], pod["spec"]);
        return
        [
            .. Rules.Where(rule => rule.Level <= level && !(rule.IsOverridden && level == PodSecurityLevel.Restricted))
                .OrderBy(rule => rule.Level).ThenBy(rule => rule.Id, StringComparer.Ordinal)
                .Select(rule => rule.Check(review)).OfType<PodSecurityViolation>(),
        ];
    }
}
