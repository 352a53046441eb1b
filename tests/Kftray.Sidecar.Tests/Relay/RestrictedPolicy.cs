using System.Text.Json.Nodes;

namespace Kftray.Sidecar.Tests.Relay;

/// <summary>The Pod Security Standard "restricted", rule by rule: https://kubernetes.io/docs/concepts/security/pod-security-standards/</summary>
internal static class RestrictedPolicy
{
    private static readonly string[] Volumes =
        ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];

    public static IEnumerable<string> Violations(JsonObject pod)
    {
        var podContext = pod["securityContext"];
        JsonNode[] containers = [.. ((string[])["containers", "initContainers", "ephemeralContainers"])
            .SelectMany(kind => pod[kind]?.AsArray() ?? []).Select(container => container!)];
        JsonNode?[] contexts = [podContext, .. containers.Select(container => container["securityContext"])];

        // Baseline.
        if (contexts.Any(context => context?["windowsOptions"]?["hostProcess"] is not null))
            yield return "HostProcess";
        foreach (var host in (string[])["hostNetwork", "hostPID", "hostIPC"])
        {
            if (pod[host]?.GetValue<bool>() == true)
                yield return host;
        }

        if (contexts.Any(context => context?["privileged"]?.GetValue<bool>() == true))
            yield return "privileged";
        if (pod["volumes"]?.AsArray().Any(volume => volume!["hostPath"] is not null) == true)
            yield return "hostPath";
        if (containers.Any(container => container["ports"]?.AsArray().Any(port => port!["hostPort"] is not null) == true))
            yield return "hostPort";
        if (contexts.Any(context => context?["appArmorProfile"]?["type"]?.GetValue<string>() == "Unconfined"))
            yield return "AppArmor";
        if (contexts.Any(context => context?["seLinuxOptions"] is not null))
            yield return "SELinux";
        if (contexts.Any(context => (context?["procMount"]?.GetValue<string>() ?? "Default") != "Default"))
            yield return "procMount";
        if (podContext?["sysctls"] is not null)
            yield return "sysctls";

        // Restricted.
        if (pod["volumes"]?.AsArray().Any(volume => volume!.AsObject().Any(pair => pair.Key != "name" && !Volumes.Contains(pair.Key))) == true)
            yield return "volume types";
        foreach (var container in containers)
        {
            var own = container["securityContext"];
            if (own?["allowPrivilegeEscalation"]?.GetValue<bool>() != false)
                yield return "privilege escalation";
            if ((own?["runAsNonRoot"] ?? podContext?["runAsNonRoot"])?.GetValue<bool>() != true)
                yield return "runAsNonRoot";
            if ((own?["seccompProfile"] ?? podContext?["seccompProfile"])?["type"]?.GetValue<string>() is not ("RuntimeDefault" or "Localhost"))
                yield return "seccomp";
            if (own?["capabilities"]?["drop"]?.AsArray().Any(name => name!.GetValue<string>() == "ALL") != true)
                yield return "capabilities are not dropped";
            if (own?["capabilities"]?["add"]?.AsArray().Any(name => name!.GetValue<string>() != "NET_BIND_SERVICE") == true)
                yield return "capabilities are added";
        }

        if (contexts.Any(context => context?["runAsUser"]?.GetValue<int>() == 0))
            yield return "runAsUser 0";
    }
}
