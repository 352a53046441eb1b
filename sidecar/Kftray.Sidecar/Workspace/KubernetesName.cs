using System.Text.RegularExpressions;

namespace Kftray.Sidecar.Workspace;

/// <summary>
/// The names that the API server accepts; they become parts of request paths:
/// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
/// </summary>
internal static partial class KubernetesName
{
    /// <summary>Services and namespaces: a DNS label.</summary>
    public static bool IsLabel(string name) => name.Length <= 63 && Label().IsMatch(name);

    /// <summary>Pods: a DNS subdomain.</summary>
    public static bool IsSubdomain(string name) => name.Length <= 253 && name.Split('.').All(part => Label().IsMatch(part));

    /// <summary>Ports: RFC 6335, with at least one letter and no two hyphens in a row.</summary>
    public static bool IsPort(string name) =>
        name.Length <= 15 && Label().IsMatch(name) && name.Any(char.IsAsciiLetter) && !name.Contains("--", StringComparison.Ordinal);

    [GeneratedRegex(@"^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Label();
}
