namespace Kftray.Sidecar.Diagnostics;

/// <summary>
/// Stable numbers of the log messages, a thousand for each namespace: Rpc 1000, Workspace 2000, Kubernetes 3000, Targets 4000,
/// PortForward 5000, Forwarding 6000, Endpoints 7000, Diagnostics 9000. Each namespace adds its own in an <c>EventIds.X.cs</c>; released numbers keep their meaning.
/// </summary>
internal static partial class EventIds
{
    public const int ClientConnected = 1000;
    public const int LogLinesDropped = 1001;
    public const int RequestFailed = 1002;
    public const int CheckFailed = 9000;
}
