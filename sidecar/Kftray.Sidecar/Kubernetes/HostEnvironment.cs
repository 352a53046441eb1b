using System.Collections;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>What the kubeconfig rules take from the machine: environment variables and the home folder.</summary>
/// <param name="Variables">Names compare as the platform compares them.</param>
internal sealed record HostEnvironment(IReadOnlyDictionary<string, string> Variables, string HomeDirectory)
{
    /// <summary>Where a pod finds who it is.</summary>
    public string ServiceAccountDirectory { get; init; } = "/var/run/secrets/kubernetes.io/serviceaccount";

    public string? this[string variable] => Variables.TryGetValue(variable, out var value) && value.Length > 0 ? value : null;

    /// <summary>The process's environment as it is now.</summary>
    public static HostEnvironment FromProcess()
    {
        var variables = new Dictionary<string, string>(
            OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
            variables[(string)entry.Key] = (string?)entry.Value ?? "";

        // HOME first, as kubectl does: tests and containers set it.
        var home = variables.GetValueOrDefault("HOME");
        return new(variables, string.IsNullOrEmpty(home) ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) : home);
    }
}
