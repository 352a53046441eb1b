using System.Text.Json.Nodes;
using Kftray.Testing.Store;
using static Kftray.Testing.Admission.PodSecurity.PodUnderReview;

namespace Kftray.Testing.Admission.PodSecurity;

/// <summary>The rules of the baseline level: nothing that reaches out of the container in known ways.</summary>
internal static class BaselineRules
{
    private const string AppArmorAnnotation = "container.apparmor.security.beta.kubernetes.io/";

    private static readonly HashSet<string> Capabilities =
    [
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    ];

    private static readonly HashSet<string> SeLinuxTypes = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

    private static readonly HashSet<string> Sysctls =
    [
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
        "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
    ];

    public static readonly PodSecurityRule[] All =
    [
        new("appArmorProfile", PodSecurityLevel.Baseline, AppArmor),
        new("capabilities_baseline", PodSecurityLevel.Baseline, AddedCapabilities, IsOverridden: true),
        new("hostNamespaces", PodSecurityLevel.Baseline, HostNamespaces),
        new("hostPathVolumes", PodSecurityLevel.Baseline, HostPathVolumes, IsOverridden: true),
        new("hostPorts", PodSecurityLevel.Baseline, HostPorts),
        new("hostProbesAndHostLifecycle", PodSecurityLevel.Baseline, ProbeHosts),
        new("privileged", PodSecurityLevel.Baseline, Privileged),
        new("procMount", PodSecurityLevel.Baseline, ProcMount),
        new("seLinuxOptions", PodSecurityLevel.Baseline, SeLinux),
        new("seccompProfile_baseline", PodSecurityLevel.Baseline, Seccomp, IsOverridden: true),
        new("sysctls", PodSecurityLevel.Baseline, ForbiddenSysctls),
        new("windowsHostProcess", PodSecurityLevel.Baseline, HostProcess),
    ];

    private static PodSecurityViolation? AppArmor(PodUnderReview pod)
    {
        static string? Profile(JsonNode? context) => context.Text("appArmorProfile", "type");
        static bool IsBad(string type) => type is not ("RuntimeDefault" or "Localhost");
        var values = pod.ContextValues(Profile, IsBad).ToList();
        var setters = pod.Setters(context => Profile(context) is { } type && IsBad(type)) is { } found ? [found] : new List<string>();
        var annotations = (pod.Metadata.StringMap("annotations") ?? new Dictionary<string, string>())
            .Where(pair => pair.Key.StartsWith(AppArmorAnnotation, StringComparison.Ordinal)
                && pair.Value is not ("" or "runtime/default") && !pair.Value.StartsWith("localhost/", StringComparison.Ordinal))
            .Select(pair => $"{pair.Key}=\"{pair.Value}\"").Order(StringComparer.Ordinal).ToArray();
        if (annotations.Length > 0) setters.Add(Plural("annotation", "annotations", annotations.Length));
        values.AddRange(annotations);
        return values.Count == 0
            ? null
            : new(Plural("forbidden AppArmor profile", "forbidden AppArmor profiles", values.Count), $"{string.Join(" and ", setters)} must not set AppArmor profile type to {Quoted(values)}");
    }

    private static PodSecurityViolation? AddedCapabilities(PodUnderReview pod)
    {
        static IEnumerable<string> Bad(JsonObject container) => Strings(container.At("securityContext", "capabilities", "add")).Where(name => !Capabilities.Contains(name));
        var containers = pod.NamesOf(container => Bad(container).Any());
        var added = pod.Containers.SelectMany(Bad).Distinct().Order(StringComparer.Ordinal);
        return containers.Count == 0
            ? null
            : new("non-default capabilities", $"{ContainersText(containers)} must not include {Quoted(added)} in securityContext.capabilities.add");
    }

    private static PodSecurityViolation? HostNamespaces(PodUnderReview pod)
    {
        var shared = ((string[])["hostNetwork", "hostPID", "hostIPC"]).Where(name => IsTrue(pod.Spec.At(name))).Select(name => $"{name}=true").ToArray();
        return shared.Length == 0 ? null : new("host namespaces", string.Join(", ", shared));
    }

    private static PodSecurityViolation? HostPathVolumes(PodUnderReview pod)
    {
        var names = pod.Spec.Items("volumes").Where(volume => volume.ContainsKey("hostPath")).Select(volume => volume.Text("name") ?? "").ToArray();
        return names.Length == 0 ? null : new("hostPath volumes", $"{Plural("volume", "volumes", names.Length)} {Quoted(names)}");
    }

    private static PodSecurityViolation? HostPorts(PodUnderReview pod)
    {
        static IEnumerable<string> Bad(JsonObject container) => container.Items("ports").Select(port => port.Text("hostPort")).OfType<string>().Where(port => port != "0");
        var containers = pod.NamesOf(container => Bad(container).Any());
        var ports = pod.Containers.SelectMany(Bad).Distinct().Order(StringComparer.Ordinal).ToArray();
        return containers.Count == 0
            ? null
            : new("hostPort", $"{ContainersText(containers)} {Plural("uses", "use", containers.Count)} {Plural("hostPort", "hostPorts", ports.Length)} {string.Join(", ", ports)}");
    }

    private static PodSecurityViolation? ProbeHosts(PodUnderReview pod)
    {
        static IEnumerable<string> Bad(JsonObject container) =>
            from handler in (JsonNode?[])
            [
                container["livenessProbe"], container["readinessProbe"], container["startupProbe"], container.At("lifecycle", "postStart"), container.At("lifecycle", "preStop"),
            ]
            from action in (string[])["httpGet", "tcpSocket"]
            let host = handler.Text(action, "host")
            where !string.IsNullOrEmpty(host)
            select host;
        var containers = pod.NamesOf(container => Bad(container).Any());
        var hosts = pod.Containers.SelectMany(Bad).Distinct().Order(StringComparer.Ordinal).ToArray();
        return containers.Count == 0
            ? null
            : new("probe or lifecycle host", $"{ContainersText(containers)} {Plural("uses", "use", containers.Count)} {Plural("probe or lifecycle host", "probe or lifecycle hosts", hosts.Length)} {Quoted(hosts)}");
    }

    private static PodSecurityViolation? Privileged(PodUnderReview pod)
    {
        var containers = pod.NamesOf(container => IsTrue(container.At("securityContext", "privileged")));
        return containers.Count == 0 ? null : new("privileged", $"{ContainersText(containers)} must not set securityContext.privileged=true");
    }

    private static PodSecurityViolation? ProcMount(PodUnderReview pod)
    {
        if (pod.HasUserNamespace) return null;
        static string? Bad(JsonObject container) => container.Text("securityContext", "procMount") is { } type and not "Default" ? type : null;
        var containers = pod.NamesOf(container => Bad(container) is not null);
        var types = pod.Containers.Select(Bad).OfType<string>().Distinct().Order(StringComparer.Ordinal);
        return containers.Count == 0 ? null : new("procMount", $"{ContainersText(containers)} must not set securityContext.procMount to {Quoted(types)}");
    }

    private static PodSecurityViolation? SeLinux(PodUnderReview pod)
    {
        static bool IsSet(JsonNode? context, string field) => context.Text("seLinuxOptions", field) is { Length: > 0 };
        static string? Type(JsonNode? context) => context.Text("seLinuxOptions", "type");
        static bool IsBadType(string type) => !SeLinuxTypes.Contains(type);
        var setters = pod.Setters(context => (Type(context) is { } type && IsBadType(type)) || IsSet(context, "user") || IsSet(context, "role"));
        if (setters is null) return null;
        var data = new List<string>();
        var types = pod.ContextValues(Type, IsBadType);
        if (types.Count > 0) data.Add($"{Plural("type", "types", types.Count)} {Quoted(types)}");
        if (pod.Setters(context => IsSet(context, "user")) is not null) data.Add("user may not be set");
        if (pod.Setters(context => IsSet(context, "role")) is not null) data.Add("role may not be set");
        return new("seLinuxOptions", $"{setters} set forbidden securityContext.seLinuxOptions: {string.Join("; ", data)}");
    }

    private static PodSecurityViolation? Seccomp(PodUnderReview pod)
    {
        var setters = pod.Setters(context => RestrictedRules.SeccompType(context) is { } type && RestrictedRules.IsBadSeccomp(type));
        return setters is null
            ? null
            : new("seccompProfile", $"{setters} must not set securityContext.seccompProfile.type to {Quoted(pod.ContextValues(RestrictedRules.SeccompType, RestrictedRules.IsBadSeccomp))}");
    }

    private static PodSecurityViolation? ForbiddenSysctls(PodUnderReview pod)
    {
        var names = pod.Context.Items("sysctls").Select(sysctl => sysctl.Text("name") ?? "").Where(name => !Sysctls.Contains(name)).ToArray();
        return names.Length == 0 ? null : new("forbidden sysctls", string.Join(", ", names));
    }

    private static PodSecurityViolation? HostProcess(PodUnderReview pod) =>
        pod.Setters(context => IsTrue(context.At("windowsOptions", "hostProcess"))) is { } setters
            ? new("hostProcess", $"{setters} must not set securityContext.windowsOptions.hostProcess=true")
            : null;
}
