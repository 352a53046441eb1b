using System.Text.Json;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>
/// How a pod reaches the cluster it runs in, written as the kubeconfig it does not need: then it is followed like any other, the token that the
/// kubelet rotates included.
/// </summary>
internal static class InCluster
{
    public const string ContextName = "in-cluster";

    /// <returns>Null when this is no pod with a service account.</returns>
    public static KubeconfigFile? Find(HostEnvironment environment)
    {
        var directory = environment.ServiceAccountDirectory;
        var token = Path.Combine(directory, "token");
        if (environment["KUBERNETES_SERVICE_HOST"] is not { } host || environment["KUBERNETES_SERVICE_PORT"] is not { } port || !File.Exists(token))
            return null;

        var server = $"https://{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}";
        var authority = Path.Combine(directory, "ca.crt");
        var ns = Path.Combine(directory, "namespace");
        // JSON is YAML, and quotes what needs it.
        return KubeconfigFile.Parse(Path.Combine(directory, "(service account)"), $$"""
            current-context: {{ContextName}}
            contexts: [{name: {{ContextName}}, context: {cluster: c, user: u, namespace: {{Quote(File.Exists(ns) ? File.ReadAllText(ns).Trim() : "default")}} } }]
            clusters: [{name: c, cluster: {server: {{Quote(server)}}{{(File.Exists(authority) ? $", certificate-authority: {Quote(authority)}" : "")}} } }]
            users: [{name: u, user: {tokenFile: {{Quote(token)}} } }]
            """);
    }

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";
}
