namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>What a plugin printed, whatever it is written in.</summary>
internal static class ExecOutput
{
    /// <summary>kubectl's decoder takes YAML as well, and some scripts print that.</summary>
    /// <exception cref="Forwarding.ForwardException">It is neither.</exception>
    public static string ToJson(string output) =>
        output.AsSpan().TrimStart() is ['{', ..] ? output : KubeconfigYaml.Parse("(output)", output).ToJson();
}
