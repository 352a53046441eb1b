using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>What a plugin prints. https://kubernetes.io/docs/reference/config-api/client-authentication.v1/</summary>
internal sealed class ExecCredential
{
    public string? ApiVersion { get; set; }

    public string? Kind { get; set; }

    public ExecCredentialStatus? Status { get; set; }
}

internal sealed class ExecCredentialStatus
{
    public DateTimeOffset? ExpirationTimestamp { get; set; }

    public string? Token { get; set; }

    public string? ClientCertificateData { get; set; }

    public string? ClientKeyData { get; set; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ExecCredential))]
internal sealed partial class CredentialsJson : JsonSerializerContext;

/// <summary>What a plugin is told in <c>KUBERNETES_EXEC_INFO</c>.</summary>
internal static class ExecInfo
{
    public static string Write(ExecConfig plugin, KubeCluster cluster)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("apiVersion", plugin.ApiVersion);
            json.WriteString("kind", "ExecCredential");
            json.WriteStartObject("spec");
            json.WriteBoolean("interactive", false);
            if (plugin.ProvidesClusterInfo)
                WriteCluster(json, cluster);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void WriteCluster(Utf8JsonWriter json, KubeCluster cluster)
    {
        json.WriteStartObject("cluster");
        json.WriteString("server", cluster.Server.OriginalString);
        if (cluster.TlsServerName is { } name)
            json.WriteString("tls-server-name", name);
        if (cluster.SkipsTlsVerification)
            json.WriteBoolean("insecure-skip-tls-verify", true);
        if (cluster.CertificateAuthorities is { } authorities)
            json.WriteBase64String("certificate-authority-data", Encoding.UTF8.GetBytes(authorities));
        if (cluster.Proxy is { } proxy)
            json.WriteString("proxy-url", proxy.OriginalString);
        if (cluster.ExecConfig is { } config)
        {
            json.WritePropertyName("config");
            json.WriteRawValue(config);
        }

        json.WriteEndObject();
    }
}
