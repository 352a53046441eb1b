using System.Text.Json.Serialization;

namespace Kftray.Sidecar.Contract;

/// <summary>Names and numbers of the protocol between the editor and the sidecar.</summary>
public static class Protocol
{
    /// <summary>Raised by one whenever an older editor could no longer work with the sidecar.</summary>
    public const int Version = 1;
}

/// <summary>First request on a pipe. Nothing else is served before it succeeded.</summary>
/// <param name="ClientVersion">Version of the extension; equal to the sidecar's, or the request is refused.</param>
/// <param name="ProtocolVersion"><see cref="Protocol.Version"/> as the editor knows it.</param>
/// <param name="LogLevel">How much the sidecar logs to the editor.</param>
public sealed record InitializeParams(
    [property: JsonRequired] string ClientVersion,
    [property: JsonRequired] int ProtocolVersion,
    SidecarLogLevel LogLevel = SidecarLogLevel.Info);

public sealed record InitializeResult(string SidecarVersion, int ProtocolVersion);

/// <summary>The editor's log levels, least severe first.</summary>
[JsonConverter(typeof(CamelCaseEnum<SidecarLogLevel>))]
public enum SidecarLogLevel
{
    Trace,
    Debug,
    Info,
    Warning,
    Error,
    Off,
}

public sealed record SetLogLevelParams([property: JsonRequired] SidecarLogLevel Level);

/// <summary>Parameters of the requests that are about one forward.</summary>
public sealed record ForwardParams([property: JsonRequired] string Id);

/// <summary>Asks whether a forward could listen on a local port.</summary>
/// <param name="Port">0: any will do.</param>
/// <param name="Address">Null means 127.0.0.1.</param>
/// <param name="Id">The forward that wants it: what it holds itself is free for it.</param>
public sealed record ProbePortParams(
    [property: JsonRequired] int Port, string? Address = null, ForwardProtocol Protocol = ForwardProtocol.Tcp, string? Id = null);

/// <param name="Fault">Who or what is in the way; null when the port is free now.</param>
/// <param name="FreePort">The port itself when it is free and no other forward wants it, else the next one of which that is true; null when there is none nearby.</param>
public sealed record ProbePortResult(Fault? Fault, int? FreePort);

/// <param name="TailLines">How many of the lines that are there already come first.</param>
public sealed record FollowLogParams([property: JsonRequired] string Id, int TailLines = 200);

/// <summary>The pod whose log was followed to its end.</summary>
public sealed record FollowLogResult(string Pod);

/// <summary>A piece of the log that <c>forward/followLog</c> follows, as the pod wrote it.</summary>
public sealed record PodLogParams(string Id, string Pod, string Text);

/// <summary>How a sign-in ended. The states of all forwards of the cluster follow as <c>forwards/changed</c>.</summary>
/// <param name="Fault">Why there are still no credentials; null when there are.</param>
public sealed record SignInResult(Fault? Fault);

/// <summary>One log line of the sidecar, for the editor's log output channel.</summary>
/// <param name="Category">The component that wrote it.</param>
/// <param name="EventId">Stable number of the message; see <c>Diagnostics/EventIds</c>.</param>
public sealed record LogParams(SidecarLogLevel Level, string Category, int EventId, string Message);

/// <summary>Error codes of the protocol, in the range that JSON-RPC leaves to applications.</summary>
public static class RpcErrors
{
    /// <summary><c>initialize</c> was refused: another protocol or product version.</summary>
    public const int VersionMismatch = -32050;

    /// <summary>A request came before <c>initialize</c>, or <c>initialize</c> came twice.</summary>
    public const int NotInitialized = -32051;

    /// <summary>The id names no forward of the last applied workspace.</summary>
    public const int UnknownForward = -32052;

    /// <summary>The forward is not running, or has no pod of its own: there is nothing to be retried, restarted or followed.</summary>
    public const int ForwardNotRunning = -32053;

    /// <summary>The cluster could not answer a browse request; the data is the <see cref="Fault"/>.</summary>
    public const int ClusterUnavailable = -32054;
}
