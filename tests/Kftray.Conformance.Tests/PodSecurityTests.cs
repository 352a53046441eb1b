using System.Text.Json.Nodes;
using Kftray.Testing.Admission.PodSecurity;

namespace Kftray.Conformance.Tests;

/// <summary>Every rule of the Pod Security Standards, each broken alone.</summary>
public sealed class PodSecurityTests
{
    private const string Hardened = """
        {
          "metadata": {"name": "relay"},
          "spec": {
            "securityContext": {"runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{
              "name": "a",
              "image": "kftray-server",
              "securityContext": {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}}
            }],
            "volumes": [{"name": "tmp", "emptyDir": {}}]
          }
        }
        """;

    [Fact]
    public void HardenedPod_BreaksNoRule() => Assert.Empty(PodSecurityStandard.Evaluate(JsonNode.Parse(Hardened)!.AsObject(), PodSecurityLevel.Restricted));

    [Theory]
    [InlineData("/spec/hostNetwork", "true", "host namespaces (hostNetwork=true)", true)]
    [InlineData("/spec/hostPID", "true", "host namespaces (hostPID=true)", true)]
    [InlineData("/spec/hostIPC", "true", "host namespaces (hostIPC=true)", true)]
    [InlineData("/spec/containers/0/ports", """[{"containerPort": 80, "hostPort": 80}]""", "hostPort (container \"a\" uses hostPort 80)", true)]
    [InlineData("/spec/containers/0/livenessProbe", """{"httpGet": {"host": "10.0.0.1"}}""", "probe or lifecycle host (container \"a\" uses probe or lifecycle host \"10.0.0.1\")", true)]
    [InlineData("/spec/containers/0/securityContext/privileged", "true", "privileged (container \"a\" must not set securityContext.privileged=true)", true)]
    [InlineData("/spec/containers/0/securityContext/procMount", "\"Unmasked\"", "procMount (container \"a\" must not set securityContext.procMount to \"Unmasked\")", true)]
    [InlineData("/spec/securityContext/seLinuxOptions", """{"type": "spc_t", "user": "root"}""", "seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type \"spc_t\"; user may not be set)", true)]
    [InlineData("/spec/containers/0/securityContext/seLinuxOptions", """{"role": "r"}""", "seLinuxOptions (container \"a\" set forbidden securityContext.seLinuxOptions: role may not be set)", true)]
    [InlineData("/spec/securityContext/sysctls", """[{"name": "kernel.msgmax", "value": "1"}]""", "forbidden sysctls (kernel.msgmax)", true)]
    [InlineData("/spec/securityContext/windowsOptions", """{"hostProcess": true}""", "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)", true)]
    [InlineData("/spec/containers/0/securityContext/appArmorProfile", """{"type": "Unconfined"}""", "forbidden AppArmor profile (container \"a\" must not set AppArmor profile type to \"Unconfined\")", true)]
    [InlineData("/metadata/annotations", """{"container.apparmor.security.beta.kubernetes.io/a": "unconfined"}""", "forbidden AppArmor profile (annotation must not set AppArmor profile type to \"container.apparmor.security.beta.kubernetes.io/a=\"unconfined\"\")", true)]
    [InlineData("/spec/volumes", """[{"name": "v", "hostPath": {"path": "/"}}]""", "restricted volume types (volume \"v\" uses restricted volume type \"hostPath\")", false)]
    [InlineData("/spec/volumes", """[{"name": "v", "nfs": {}}, {"name": "w", "iscsi": {}}]""", "restricted volume types (volumes \"v\", \"w\" use restricted volume types \"iscsi\", \"nfs\")", false)]
    [InlineData("/spec/containers/0/securityContext/capabilities/drop", "[]", "unrestricted capabilities (container \"a\" must set securityContext.capabilities.drop=[\"ALL\"])", false)]
    [InlineData("/spec/containers/0/securityContext/capabilities/add", """["NET_ADMIN"]""", "unrestricted capabilities (container \"a\" must not include \"NET_ADMIN\" in securityContext.capabilities.add)", false)]
    [InlineData("/spec/containers/0/securityContext/allowPrivilegeEscalation", "true", "allowPrivilegeEscalation != false (container \"a\" must set securityContext.allowPrivilegeEscalation=false)", false)]
    [InlineData("/spec/securityContext/runAsNonRoot", "null", "runAsNonRoot != true (pod or container \"a\" must set securityContext.runAsNonRoot=true)", false)]
    [InlineData("/spec/securityContext/runAsNonRoot", "false", "runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)", false)]
    [InlineData("/spec/securityContext/runAsUser", "0", "runAsUser=0 (pod must not set runAsUser=0)", false)]
    [InlineData("/spec/securityContext/seccompProfile", "null", "seccompProfile (pod or container \"a\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")", false)]
    [InlineData("/spec/containers/0/securityContext/seccompProfile", """{"type": "Unconfined"}""", "seccompProfile (container \"a\" must not set securityContext.seccompProfile.type to \"Unconfined\")", false)]
    [InlineData("/spec/initContainers", """[{"name": "i"}]""", "allowPrivilegeEscalation != false (container \"i\" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container \"i\" must set securityContext.capabilities.drop=[\"ALL\"])", false)]
    public void BrokenRule_IsNamedInTheServersWords(string path, string value, string expected, bool isBaseline)
    {
        var pod = Change(path, value);
        Assert.Equal(expected, string.Join(", ", PodSecurityStandard.Evaluate(pod, PodSecurityLevel.Restricted)));
        if (isBaseline) Assert.Equal(expected, string.Join(", ", PodSecurityStandard.Evaluate(pod, PodSecurityLevel.Baseline)));
        Assert.Empty(PodSecurityStandard.Evaluate(pod, PodSecurityLevel.Privileged));
    }

    [Theory]
    [InlineData("/spec/containers/0/securityContext/capabilities/add", """["NET_ADMIN"]""", "non-default capabilities (container \"a\" must not include \"NET_ADMIN\" in securityContext.capabilities.add)")]
    [InlineData("/spec/volumes", """[{"name": "v", "hostPath": {"path": "/"}}]""", "hostPath volumes (volume \"v\")")]
    [InlineData("/spec/securityContext/seccompProfile", """{"type": "Unconfined"}""", "seccompProfile (pod must not set securityContext.seccompProfile.type to \"Unconfined\")")]
    public void RuleThatTheRestrictedLevelReplaces_HasWordsOfItsOwn(string path, string value, string expected) =>
        Assert.Equal(expected, string.Join(", ", PodSecurityStandard.Evaluate(Change(path, value), PodSecurityLevel.Baseline)));

    [Theory]
    [InlineData("/spec/containers/0/securityContext/capabilities/add", """["NET_BIND_SERVICE"]""")]
    [InlineData("/spec/containers/0/securityContext/seccompProfile", """{"type": "Localhost", "localhostProfile": "p"}""")]
    [InlineData("/spec/volumes", """[{"name": "v", "projected": {}}, {"name": "w", "csi": {}}]""")]
    [InlineData("/spec/securityContext/sysctls", """[{"name": "net.ipv4.tcp_rmem", "value": "1"}]""")]
    [InlineData("/spec/securityContext/seLinuxOptions", """{"type": "container_t"}""")]
    public void WhatTheRestrictedLevelAllows_BreaksNoRule(string path, string value) =>
        Assert.Empty(PodSecurityStandard.Evaluate(Change(path, value), PodSecurityLevel.Restricted));

    private static JsonObject Change(string path, string value)
    {
        var pod = JsonNode.Parse(Hardened)!;
        var parts = path[1..].Split('/');
        var parent = parts[..^1].Aggregate(pod, (node, part) => int.TryParse(part, out var index) ? node[index]! : node[part]!);
        if (value == "null") parent.AsObject().Remove(parts[^1]);
        else parent[parts[^1]] = JsonNode.Parse(value);
        return pod.AsObject();
    }
}
