namespace Kftray.Sidecar.Contract;

/// <param name="Link">Where in the chain it breaks.</param>
/// <param name="Title">The fault as a sentence without the particulars of a forward.</param>
/// <param name="Cause">What is usually behind it.</param>
/// <param name="Remedy">What to do about it; a fault that knows more says it better in its own hint.</param>
public sealed record FaultEntry(DiagnosisLink Link, string Title, string Cause, string Remedy);

/// <summary>
/// What is known about each kind of fault: the one source for rows, the doctor and README's chapter on troubleshooting.
/// </summary>
public static class FaultCatalog
{
    /// <summary>The fault with a hint: its own, else that of its kind.</summary>
    public static Fault Complete(Fault fault) => fault.Hint is null ? fault with { Hint = Of(fault.Kind).Remedy } : fault;

    public static FaultEntry Of(FaultKind kind) => kind switch
    {
        FaultKind.InvalidConfig => new(DiagnosisLink.ConfigEntry, "The forward's entry in the config file is not valid.",
            "A key is missing, misspelt, or has a value that it cannot have.",
            "Correct the entry: the Problems panel, or kftray-sidecar check, names line and column."),
        FaultKind.NotSupported => new(DiagnosisLink.ConfigEntry, "This kind of forward is not supported.",
            "expose, or a Service that has no pods, such as an ExternalName.",
            "Use another workload_type."),
        FaultKind.UntrustedWorkspace => new(DiagnosisLink.ConfigEntry, "The workspace is not trusted.",
            "In Restricted Mode nothing is started, because a kubeconfig can run programs.",
            "Trust the workspace with Workspaces: Manage Workspace Trust."),
        FaultKind.NonLoopbackAddress => new(DiagnosisLink.ConfigEntry, "The local address can be reached from other machines.",
            "local_address is not a loopback address, and the setting does not allow that.",
            "Use 127.0.0.1, or turn on kftray.allowNonLoopback."),
        FaultKind.ConsentRequired => new(DiagnosisLink.ConfigEntry, "A kubeconfig of the workspace was not confirmed.",
            "It came with the workspace's files, and a kubeconfig can run programs.",
            "Keep it outside of the workspace, or allow it once with Kftray: Allow Kubeconfig of the Workspace…."),

        FaultKind.PortInUse => new(DiagnosisLink.LocalPort, "The local port is in use.",
            "Another process listens there, or another Kftray, or another forward of this one.",
            "Pick another local_port, or stop the process that the fault names."),
        FaultKind.PortNotPermitted => new(DiagnosisLink.LocalPort, "The local port may not be opened.",
            "Ports below 1024 need a permission; Windows keeps whole ranges for itself.",
            "Pick a local_port above 1023 and outside of the system's ranges."),
        FaultKind.AddressNotAvailable => new(DiagnosisLink.LocalPort, "This machine does not have the local address.",
            "local_address belongs to another machine, or is a loopback address that macOS has to be told of first.",
            "Remove local_address, or add the address: on macOS sudo ifconfig lo0 alias 127.0.0.N up."),

        FaultKind.KubeconfigNotFound => new(DiagnosisLink.Kubeconfig, "No kubeconfig was found.",
            "None of the files that were looked for exists.",
            "Set KUBECONFIG or the setting kftray.kubeconfig to a file that exists."),
        FaultKind.KubeconfigInvalid => new(DiagnosisLink.Kubeconfig, "The kubeconfig is not valid.",
            "It is no YAML, cannot be read, or an entry of it is incomplete.",
            "Correct the place that the fault names; kubectl config view shows what kubectl makes of it."),
        FaultKind.ContextNotFound => new(DiagnosisLink.Context, "The kubeconfig has no such context.",
            "The name is misspelt, or the context is in a file that is not looked at.",
            "kubectl config get-contexts lists what there is; name one in context."),
        FaultKind.CredentialsUnavailable => new(DiagnosisLink.Credentials, "There are no credentials for the cluster.",
            "The credential plugin is missing or failed, or a token or certificate file cannot be read.",
            "Run the plugin's command in a terminal; it may ask you to sign in."),
        FaultKind.SignInRequired => new(DiagnosisLink.Credentials, "The cluster waits for you to sign in.",
            "The credentials have ended, and what issues new ones needs a person: a browser, a code, a password.",
            "Sign in, as the fault says; all forwards of the cluster go on by themselves."),
        FaultKind.Unauthorized => new(DiagnosisLink.Credentials, "The cluster does not accept the credentials.",
            "They have expired, or belong to another cluster.",
            "Sign in again, or get a fresh kubeconfig."),

        FaultKind.ProxyFailed => new(DiagnosisLink.Server, "The proxy does not lead to the API server.",
            "It is down, asks for a password, or refuses to connect there.",
            "Check proxy-url in the kubeconfig, HTTPS_PROXY and NO_PROXY."),
        FaultKind.ServerUnreachable => new(DiagnosisLink.Server, "The API server cannot be reached.",
            "The cluster is down, its name does not resolve, or a VPN or proxy is in the way.",
            "Check that the cluster is running, the VPN, and proxy-url, HTTPS_PROXY and NO_PROXY."),
        FaultKind.TlsNotTrusted => new(DiagnosisLink.Server, "The API server's certificate is not trusted.",
            "It has expired, is for another name, or something between you and the server shows its own.",
            "Get a fresh kubeconfig; on purpose another name is checked with tls-server-name."),
        FaultKind.ServerError => new(DiagnosisLink.Api, "The API server answered with an error.",
            "It is starting or overloaded, or the address leads to something that is no Kubernetes API.",
            "Errors are tried again by themselves; if they stay, check the server's address in the kubeconfig."),
        FaultKind.Throttled => new(DiagnosisLink.Api, "The API server asks for fewer requests.",
            "Many clients ask at once.",
            "Nothing: it is tried again by itself."),
        FaultKind.ConnectionLost => new(DiagnosisLink.PodSession, "The connection broke off.",
            "The network changed, the machine slept, or the server or the application ended the connection.",
            "Nothing: it is tried again by itself."),

        FaultKind.Forbidden => new(DiagnosisLink.Permissions, "You may not do this in the cluster.",
            "Your role lacks a permission in this namespace.",
            "The doctor prints the Role that is missing: give it to who runs the cluster; or use another context or namespace."),
        FaultKind.NamespaceNotFound => new(DiagnosisLink.Namespace, "There is no such namespace.",
            "It is misspelt, or in another cluster.",
            "Check namespace and context."),
        FaultKind.ServiceNotFound => new(DiagnosisLink.Target, "There is no such Service.",
            "It is misspelt, not installed yet, or in another namespace or cluster.",
            "Check service, namespace and context; it is waited for."),
        FaultKind.PodNotFound => new(DiagnosisLink.Target, "There is no such pod.",
            "It is misspelt, or its label selector finds none.",
            "Check service or target, namespace and context; it is waited for."),
        FaultKind.PortNotFound => new(DiagnosisLink.Target, "There is no such port.",
            "remote_port is neither a port of the Service nor one of its pods.",
            "Use one of the ports that the fault lists."),
        FaultKind.NoReadyPod => new(DiagnosisLink.Pods, "No pod is ready.",
            "The pods are starting, crashing, cannot be scheduled, do not pass their readiness probe, or there are none.",
            "It is waited for; the doctor tells each pod's reason."),
        FaultKind.UpgradeRefused => new(DiagnosisLink.PodSession, "The server refuses every way of port-forward.",
            "A gateway in front of the API server passes neither SPDY nor WebSockets.",
            "Use a context that leads to the API server itself, or have the gateway pass upgrades."),

        FaultKind.ConnectionRefused => new(DiagnosisLink.Application, "Nothing listens on the port inside the pod.",
            "The process listens on another port, or on the pod's IP only, or is still starting.",
            "Check remote_port, and that the process listens on localhost or on all addresses of the pod."),
        FaultKind.PodGone => new(DiagnosisLink.PodSession, "The pod is gone.",
            "It was deleted or replaced.",
            "Nothing: the next ready pod is used."),
        FaultKind.Unknown => new(DiagnosisLink.RoundTrip, "Something unexpected happened.",
            "The message is all there is.",
            "The log has the details: Kftray: Show Log."),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A kind without an entry."),
    };
}
