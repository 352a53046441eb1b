using System.Text.Json.Serialization;

namespace Kftray.Sidecar.Contract;

/// <summary>The links of the chain from a config entry to an application, in the order in which they are examined.</summary>
[JsonConverter(typeof(CamelCaseEnum<DiagnosisLink>))]
public enum DiagnosisLink
{
    ConfigEntry,
    Kubeconfig,
    Context,
    Credentials,

    /// <summary>DNS, TCP and TLS of the API server or the proxy before it.</summary>
    Server,
    Api,
    Permissions,
    Namespace,

    /// <summary>The Service or pod that the forward names, and its port.</summary>
    Target,
    Pods,
    ContainerPort,

    /// <summary>The way of port-forward that the server takes.</summary>
    PodSession,

    /// <summary>Whether anything listens inside the pod.</summary>
    Application,
    LocalPort,
    RoundTrip,
}

[JsonConverter(typeof(CamelCaseEnum<CheckResult>))]
public enum CheckResult
{
    Pass,

    /// <summary>It works, but not as well as it could.</summary>
    Warn,
    Fail,

    /// <summary>Could not be looked at because an earlier link is broken, or does not apply.</summary>
    Skipped,
}

internal static class CheckResultWords
{
    /// <summary>As reports say it: the one that matters stands out without colours.</summary>
    public static string Word(this CheckResult result) => result switch
    {
        CheckResult.Pass => "pass",
        CheckResult.Warn => "warn",
        CheckResult.Fail => "FAIL",
        _ => "skipped",
    };
}

/// <summary>What was found at one link.</summary>
/// <param name="Title">The link in words.</param>
/// <param name="Seen">What was seen, in sentences; of a skipped one, why.</param>
/// <param name="Remedy">What to do; null when there is nothing to do.</param>
/// <param name="Fault">What is broken, as the row of the running forward says it; only of a failed one.</param>
/// <param name="Details">Further lines: a line each, some of them preformatted such as a Role in YAML.</param>
public sealed record CheckReport(
    DiagnosisLink Link,
    string Title,
    CheckResult Result,
    string Seen,
    string? Remedy,
    Fault? Fault,
    IReadOnlyList<string> Details,
    double Milliseconds);

/// <summary>The doctor's report on one forward. Holds no credential.</summary>
/// <param name="Target">What the forward leads to, in kubectl's words.</param>
/// <param name="Verdict">One sentence that names the first broken link, or says that there is none.</param>
/// <param name="BrokenLink">The first broken link; null when there is none.</param>
/// <param name="Fault">What is broken there.</param>
/// <param name="Checks">All links, in order.</param>
/// <param name="Markdown">The whole report for people.</param>
public sealed record Diagnosis(
    string Id,
    string Alias,
    string Target,
    string Verdict,
    DiagnosisLink? BrokenLink,
    Fault? Fault,
    IReadOnlyList<CheckReport> Checks,
    double Milliseconds,
    string Markdown);
