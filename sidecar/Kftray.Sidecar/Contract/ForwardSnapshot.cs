using System.Text.Json.Serialization;

namespace Kftray.Sidecar.Contract;

/// <summary>Where a forward stands. The values are explained in ARCHITECTURE.md.</summary>
[JsonConverter(typeof(CamelCaseEnum<ForwardStatus>))]
public enum ForwardStatus
{
    Stopped,
    Starting,
    Active,
    Reconnecting,
    Failed,
    Blocked,
}

/// <summary>What a reconnecting forward waits for before it tries again.</summary>
[JsonConverter(typeof(CamelCaseEnum<WaitingFor>))]
public enum WaitingFor
{
    /// <summary>Something the cluster or the kubeconfig will say, such as a pod becoming ready.</summary>
    Event,

    /// <summary>A moment: <see cref="ForwardSnapshot.NextAttemptAt"/>.</summary>
    Time,

    /// <summary>The user, for instance to sign in.</summary>
    User,
}

/// <summary>How a forward finds its pods.</summary>
[JsonConverter(typeof(CamelCaseEnum<WorkloadType>))]
public enum WorkloadType
{
    Service,
    Pod,
    Proxy,
    Expose,
}

/// <summary>What is forwarded.</summary>
[JsonConverter(typeof(CamelCaseEnum<ForwardProtocol>))]
public enum ForwardProtocol
{
    Tcp,
    Udp,
}

/// <summary>Whether new connections stick to one ready pod or go round.</summary>
[JsonConverter(typeof(CamelCaseEnum<Balance>))]
public enum Balance
{
    First,
    Spread,
}

/// <summary>The scheme that Open in Browser uses.</summary>
[JsonConverter(typeof(CamelCaseEnum<OpenScheme>))]
public enum OpenScheme
{
    Http,
    Https,
}

/// <summary>Bytes and connections of one forward since it was started.</summary>
/// <param name="BytesIn">From the pod to local clients.</param>
/// <param name="BytesOut">From local clients to the pod.</param>
/// <param name="OpenConnections">Accepted and not yet ended, held ones included.</param>
/// <param name="TotalConnections">Accepted since the start.</param>
/// <param name="HeldConnections">Waiting for a target.</param>
/// <param name="DroppedDatagrams">Too large, or more than could be taken: UDP drops, it does not make senders wait.</param>
public sealed record Traffic(
    long BytesIn, long BytesOut, int OpenConnections, long TotalConnections, int HeldConnections, long DroppedDatagrams = 0)
{
    public static Traffic None { get; } = new(0, 0, 0, 0, 0);
}

/// <summary>Why a forward had to reconnect.</summary>
/// <param name="At">When its target was lost.</param>
public sealed record ReconnectCause(DateTimeOffset At, FaultKind Kind, string Message);

/// <summary>All that is known about one forward at one moment: the record of <c>forwards/changed</c> and of <c>up --json</c>.</summary>
public sealed record ForwardSnapshot
{
    /// <summary>Source and alias; stable as long as both are.</summary>
    public required string Id { get; init; }

    /// <summary>Set once, when an edit renamed a running forward: the id it had before.</summary>
    public string? PreviousId { get; init; }

    public required string Alias { get; init; }

    /// <summary>The folder the forward's file belongs to, or <c>user</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The document that defines the forward.</summary>
    public required string Uri { get; init; }

    /// <summary>Line of the definition in the document, counted from 0.</summary>
    public int Line { get; init; }

    public required ForwardStatus Status { get; init; }

    /// <summary>When the status began.</summary>
    public required DateTimeOffset Since { get; init; }

    public required ForwardProtocol Protocol { get; init; }

    public required WorkloadType WorkloadType { get; init; }

    /// <summary>What the forward leads to, in kubectl's words: <c>svc/api:80</c>, <c>pod/web-0:8080</c>, <c>pod -l app=web:8080</c>.</summary>
    public required string Target { get; init; }

    /// <summary>Service, or pod, or host of a proxy.</summary>
    public required string TargetName { get; init; }

    /// <summary>Number or name, as the file says it.</summary>
    public required string RemotePort { get; init; }

    /// <summary>The address that is, or would be, listened on.</summary>
    public required string LocalAddress { get; init; }

    /// <summary>The port that is listened on; before that the wanted one, 0 when any will do.</summary>
    public int LocalPort { get; init; }

    /// <summary>What the document says, where another port is listened on: 0 for any, or a port that is in use. Else null.</summary>
    public int? ConfiguredLocalPort { get; init; }

    /// <summary>The context in use; null until it is known.</summary>
    public string? Context { get; init; }

    /// <summary>The namespace in use; null until it is known.</summary>
    public string? Namespace { get; init; }

    /// <summary>The pods that new connections are sent to. Empty unless active.</summary>
    public IReadOnlyList<string> Pods { get; init; } = [];

    /// <summary>True when <see cref="Pods"/> are relays, and the target is what they lead to.</summary>
    public bool ThroughRelay { get; init; }

    public Fault? Fault { get; init; }

    /// <summary>Works, but not as well as it could: why. Null when all is well.</summary>
    public string? Warning { get; init; }

    /// <summary>How many attempts failed in this streak. 0 unless reconnecting.</summary>
    public int Attempt { get; init; }

    public WaitingFor? WaitingFor { get; init; }

    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>How often the forward had to reconnect since it was started.</summary>
    public int Reconnects { get; init; }

    /// <summary>When and why the last five times, the newest first.</summary>
    public IReadOnlyList<ReconnectCause> ReconnectCauses { get; init; } = [];

    /// <summary>Round trip of a ping to the pod's node. Null unless active, before the first answer, and where nothing can be pinged.</summary>
    public double? PingMilliseconds { get; init; }

    /// <summary>How connections reach the pod: <c>spdy</c>, <c>websocket</c> or <c>websocket-legacy</c>. Null until a session was opened.</summary>
    public string? Transport { get; init; }

    public OpenScheme? Open { get; init; }

    public bool AutoStart { get; init; }

    public required Traffic Traffic { get; init; }
}

/// <summary>What changed since the last notification.</summary>
/// <param name="Snapshots">Each changed or new forward, whole.</param>
/// <param name="Removed">Ids that no document defines any more.</param>
public sealed record ForwardsChangedParams(IReadOnlyList<ForwardSnapshot> Snapshots, IReadOnlyList<string> Removed);
