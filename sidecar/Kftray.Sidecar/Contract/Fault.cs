using System.Text.Json.Serialization;

namespace Kftray.Sidecar.Contract;

/// <summary>
/// What went wrong, said once for the row, the log and the doctor: a kind for programs, what happened, and what to do.
/// </summary>
/// <param name="Message">One sentence. Never holds a credential.</param>
/// <param name="Hint">What the user can do about it; null when there is nothing to do but wait.</param>
/// <param name="Path">The file that the user has to decide about, for <see cref="FaultKind.ConsentRequired"/>.</param>
public sealed record Fault(FaultKind Kind, string Message, string? Hint = null, string? Path = null)
{
    /// <summary>Who holds the local port, for <see cref="FaultKind.PortInUse"/>; null when it is not known.</summary>
    public PortHolder? Holder { get; init; }

    /// <summary>The next local port that is free, for <see cref="FaultKind.PortInUse"/>; null when none was found.</summary>
    public int? FreePort { get; init; }
}

/// <summary>The kinds of fault. Grouped by who has to act; a new kind also needs a line in the classifier and an entry in <c>FaultCatalog</c>.</summary>
[JsonConverter(typeof(CamelCaseEnum<FaultKind>))]
public enum FaultKind
{
    // The workspace file.
    InvalidConfig,
    NotSupported,
    UntrustedWorkspace,
    NonLoopbackAddress,
    ConsentRequired,

    // This machine.
    PortInUse,
    PortNotPermitted,
    AddressNotAvailable,

    // Kubeconfig and credentials.
    KubeconfigNotFound,
    KubeconfigInvalid,
    ContextNotFound,
    CredentialsUnavailable,

    /// <summary>What issues the credentials waits for the user, or waited in vain: <c>cluster/signIn</c> lets it try again.</summary>
    SignInRequired,
    Unauthorized,

    // The road to the API server.
    ProxyFailed,
    ServerUnreachable,
    TlsNotTrusted,
    ServerError,
    Throttled,
    ConnectionLost,

    // What the cluster says.
    Forbidden,
    NamespaceNotFound,
    ServiceNotFound,
    PodNotFound,
    PortNotFound,
    NoReadyPod,
    UpgradeRefused,

    // Inside the pod.
    ConnectionRefused,
    PodGone,

    /// <summary>None of the above: the message is what there is.</summary>
    Unknown,
}
