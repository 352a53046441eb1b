using System.Net;
using System.Net.Sockets;
using Kftray.Sidecar.Contract;
using Kftray.Testing;
using Kftray.Testing.Pods;
using Kftray.Testing.Store;
using Kftray.Testing.World;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests.Relays;

/// <summary>A cluster that runs the real relay, and the engine that needs one.</summary>
public abstract class RelayTest : FunctionalTest
{
    /// <summary>An image that is the public relay, as the test cluster plays it: one datagram at a time.</summary>
    protected const string PublicImage = "ghcr.io/hcavarsan/kftray-server:latest";

    protected const int BufferSize = 4 * 1024 * 1024;

    protected override TestClusterOptions ClusterOptions { get; } = new()
    {
        Images = new Dictionary<string, PodProgram> { ["ghcr.io/kftray/kftray-server"] = new(FindRelay()) },
    };

    /// <summary>The relay as it is shipped: what was built last, or what <c>KFTRAY_SERVER</c> names.</summary>
    protected static string FindRelay() => Environment.GetEnvironmentVariable("KFTRAY_SERVER") is { Length: > 0 } named
        ? named
        : Path.Combine(Path.GetDirectoryName(SidecarProcess.FindProgram())!, "..", "server", OperatingSystem.IsWindows() ? "kftray-server.exe" : "kftray-server");

    /// <summary>Pods that send every datagram back, behind a Service of that name at port 53.</summary>
    protected async Task RunUdpEchoAsync(string name)
    {
        Cluster.World.AddDeployment(Shop, name, new PodSpec(name, "tcp-echo", new PortSpec(5353, "dns", "UDP")));
        Cluster.World.AddService(Shop, name, name, new ServicePortSpec(53, "dns", "dns", "UDP"));
        await Cluster.Pods.WaitReadyAsync(Shop, $"app={name}", TimeoutToken);
        await Cluster.WaitForServiceAsync(Shop, name, 53, TimeoutToken, isUdp: true);
    }

    /// <summary>Starts a forward and returns where it listens once it is active.</summary>
    protected async Task<IPEndPoint> StartAsync(string alias, string forward)
    {
        await ApplyAsync($$"""{ "alias": "{{alias}}", {{forward}} }""");
        return new IPEndPoint(IPAddress.Loopback, (await BecomesAsync(alias, ForwardStatus.Active)).LocalPort);
    }

    protected Task<IPEndPoint> StartProxyAsync(string alias, string protocol, EndPoint target, string more = "")
    {
        var place = (IPEndPoint)target;
        return StartAsync(alias, $$""" "workload_type": "proxy", "protocol": "{{protocol}}", "remote_address": "{{place.Address}}", "remote_port": {{place.Port}} {{more}} """);
    }

    /// <summary>A UDP socket on loopback with large buffers.</summary>
    protected static Socket OpenUdp(IPEndPoint? connectTo = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = BufferSize, SendBufferSize = BufferSize };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        if (connectTo is not null)
            socket.Connect(connectTo);
        return socket;
    }

    protected async Task<byte[]> ReceiveAsync(Socket socket)
    {
        var buffer = new byte[65536];
        return buffer[..await socket.ReceiveAsync(buffer, SocketFlags.None, TimeoutToken)];
    }

    /// <summary>Sends until an answer comes: a datagram may be lost while a relay is replaced.</summary>
    protected async Task<byte[]> AskUntilAnsweredAsync(Socket socket, byte[] question)
    {
        var answer = ReceiveAsync(socket);
        while (!answer.IsCompleted)
        {
            await socket.SendAsync(question, SocketFlags.None, TimeoutToken);
            await Task.WhenAny(answer, Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, TimeoutToken));
        }

        return await answer;
    }

    protected IReadOnlyList<StoredObject> Jobs => Cluster.World.List(ResourceKinds.Jobs, Shop);

    /// <summary>The pods with a relay that are ready.</summary>
    protected IReadOnlyList<TestPod> RelayPods => [.. Cluster.Pods.Ready(Shop, "app.kubernetes.io/name=kftray-relay")];

    /// <summary>The only one.</summary>
    protected TestPod RelayPod => Assert.Single(RelayPods);
}
