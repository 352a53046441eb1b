using System.Net.Sockets;
using Kftray.Testing.Pods;

namespace Kftray.Testing.PortForward;

/// <summary>The sentences of the error stream, as the kubelet and containerd word them.</summary>
internal static class RuntimeErrors
{
    public static string SandboxNotFound(TestPod pod, int port) =>
        Prefix(pod, port) + $"failed to find sandbox \"{pod.SandboxId}\" in store: not found";

    public static string ConnectionRefused(TestPod pod, int port) =>
        Prefix(pod, port) + Namespace(pod)
        + $"failed to connect to localhost:{port} inside namespace \"{pod.SandboxId}\", IPv4: dial tcp4 127.0.0.1:{port}: connect: connection refused "
        + "IPv6 dial tcp6: address localhost: no suitable address found";

    /// <summary>A connection that was there and broke.</summary>
    public static string Broken(TestPod pod, int port, Exception error)
    {
        var end = error is SocketException { SocketErrorCode: SocketError.Shutdown or SocketError.ConnectionAborted } or ObjectDisposedException
            ? "write: broken pipe"
            : "read: connection reset by peer";
        return Prefix(pod, port) + Namespace(pod) + $"{end.Split(':')[0]} tcp4 127.0.0.1:40000->127.0.0.1:{port}: {end}";
    }

    private static string Prefix(TestPod pod, int port) => $"error forwarding port {port} to pod {pod.SandboxId}, uid : ";

    private static string Namespace(TestPod pod) =>
        $"failed to execute portforward in network namespace \"/var/run/netns/cni-{pod.Uid}\": ";
}
