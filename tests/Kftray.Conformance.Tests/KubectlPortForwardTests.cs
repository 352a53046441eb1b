using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Kftray.Testing;
using Kftray.Testing.Faults;
using Kftray.Testing.Pods;
using Kftray.Testing.PortForward;
using Kftray.Testing.World;

namespace Kftray.Conformance.Tests;

/// <summary>kubectl's own port-forward through the test cluster, over both of its transports.</summary>
public sealed class KubectlPortForwardTests : TestBase
{
    public static TheoryData<string> Transports => ["tunnel", "spdy"];

    public static TheoryData<string, RuntimeCharacter> TransportsAndRuntimes => new()
    {
        { "tunnel", RuntimeCharacter.Containerd },
        { "spdy", RuntimeCharacter.Containerd },
        { "tunnel", RuntimeCharacter.CriO },
        { "spdy", RuntimeCharacter.CriO },
    };

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task ToAService_CarriesRequestsToAPodBehindIt(string transport)
    {
        await using var cluster = await StartClusterAsync();
        cluster.World.AddApplication("shop", "web", "http", 80, 8080);
        var pod = (await cluster.Pods.WaitReadyAsync("shop", "app=web", TimeoutToken))[0];
        await using var forward = Forward(cluster, transport, "service/web", ":80");
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{await forward.LocalPortAsync()}") };

        var text = await http.GetStringAsync("/", TimeoutToken);

        Assert.Equal($"hello from {pod.Name}, port 8080\n", text);
        Assert.Equal(transport, Assert.Single(cluster.Sessions.Open).Transport);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task ManyBytes_EachWay_ArriveUnchanged(string transport)
    {
        const long Length = 64 * 1024 * 1024;
        await using var cluster = await StartClusterAsync();
        await using var forward = await ForwardToPodAsync(cluster, transport, "bulk");
        var expected = TestContent.Sha256(Length);

        using var download = await ConnectAsync(forward);
        await download.SendAsync(Encoding.ASCII.GetBytes($"GET {Length}\n"), TimeoutToken);
        await using (var stream = new NetworkStream(download))
            Assert.Equal(expected, Convert.ToHexStringLower(await SHA256.HashDataAsync(new Limited(stream, Length), TimeoutToken)));

        using var upload = await ConnectAsync(forward);
        await upload.SendAsync(Encoding.ASCII.GetBytes($"PUT {Length}\n"), TimeoutToken);
        for (long sent = 0; sent < Length;) sent += await upload.SendAsync(TestContent.At(sent, Length - sent), TimeoutToken);
        Assert.Equal(expected + "\n", await ReadTextAsync(upload, 65));
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task ManyConnections_AtOnceAndOneAfterTheOther_AreAllServed(string transport)
    {
        await using var cluster = await StartClusterAsync();
        await using var forward = await ForwardToPodAsync(cluster, transport, "tcp-echo");
        async Task EchoAsync(int number)
        {
            using var socket = await ConnectAsync(forward);
            var text = $"connection {number}\n";
            await socket.SendAsync(Encoding.ASCII.GetBytes(text), TimeoutToken);
            Assert.Equal(text, await ReadTextAsync(socket, text.Length));
        }

        await Task.WhenAll(Enumerable.Range(0, 50).Select(EchoAsync));
        for (var i = 0; i < 50; i++) await EchoAsync(i);

        Assert.Equal(100, Assert.Single(cluster.Sessions.Open).TotalConnections);
        await cluster.Sessions.WaitAsync(sessions => sessions.OpenConnections == 0, TimeoutToken);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task AServerThatSpeaksFirst_IsHeardBeforeTheClientSaysAnything(string transport)
    {
        await using var cluster = await StartClusterAsync();
        await using var forward = await ForwardToPodAsync(cluster, transport, "server-speaks-first");
        using var socket = await ConnectAsync(forward);
        Assert.Equal("220 app ready\r\n", await ReadTextAsync(socket, 15));
    }

    // kubectl sends FIN at its client's end: containerd's second is all that the reply gets.
    [Theory]
    [MemberData(nameof(TransportsAndRuntimes))]
    public async Task HalfClose_DuringALongReply_IsCutByContainerdOnly(string transport, RuntimeCharacter runtime)
    {
        await using var cluster = await StartClusterAsync(new() { Runtime = runtime });
        await using var forward = await ForwardToPodAsync(cluster, transport, "stream:2");
        using var socket = await ConnectAsync(forward);
        await socket.SendAsync("go\n"u8.ToArray(), TimeoutToken);
        socket.Shutdown(SocketShutdown.Send);

        var reply = await ReadTextAsync(socket);

        if (runtime == RuntimeCharacter.CriO) Assert.EndsWith("20\nend\n", reply);
        else Assert.Matches(@"^1\n2\n(\d+\n)*$", reply);
    }

    [Theory]
    [MemberData(nameof(TransportsAndRuntimes))]
    public async Task HalfClose_ReachesTheApplication_WhereTheRuntimePassesItOn(string transport, RuntimeCharacter runtime)
    {
        await using var cluster = await StartClusterAsync(new() { Runtime = runtime });
        await using var forward = await ForwardToPodAsync(cluster, transport, "bulk");
        using var socket = await ConnectAsync(forward);
        await socket.SendAsync("PUT\nhello"u8.ToArray(), TimeoutToken);
        socket.Shutdown(SocketShutdown.Send);

        var reply = await ReadTextAsync(socket);

        var checksum = Convert.ToHexStringLower(SHA256.HashData("hello"u8)) + "\n";
        Assert.Equal(runtime == RuntimeCharacter.CriO ? checksum : "", reply);
        await (await cluster.Pods["shop", "app"].ConnectionAsync(0, TimeoutToken)).Closed.WaitAsync(TimeoutToken);
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Port_OnWhichNothingListens_IsAnErrorThatEndsKubectl(string transport)
    {
        await using var cluster = await StartClusterAsync();
        await using var forward = await ForwardToPodAsync(cluster, transport, "tcp-echo", ":9999");
        using var socket = await ConnectAsync(forward);

        await forward.LineAsync("failed to connect to localhost:9999 inside namespace");
        await forward.LineAsync("error: lost connection to pod");
        Assert.Equal(1, await forward.ExitCodeAsync());
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Pod_WhenItIsGone_IsNoticedAtTheNextConnectionOnly(string transport)
    {
        await using var cluster = await StartClusterAsync();
        await using var forward = await ForwardToPodAsync(cluster, transport, "tcp-echo");
        var port = await forward.LocalPortAsync();
        var pod = cluster.Pods["shop", "app"];

        // With its grace: forced, the API forgets a pod before its sandbox has gone.
        cluster.Pods.Delete(pod);
        await cluster.Pods.WaitGoneAsync(pod, TimeoutToken);
        Assert.Single(cluster.Sessions.Open);

        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", port, TimeoutToken);

        await forward.LineAsync("failed to find sandbox");
        await forward.LineAsync("error: lost connection to pod");
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Server_WhenItsConnectionsAreReset_EndsKubectl(string transport)
    {
        await using var cluster = await StartClusterAsync();
        await using var forward = await ForwardToPodAsync(cluster, transport, "tcp-echo");
        await forward.LocalPortAsync();
        Assert.Equal(1, cluster.Connections.ResetAll("pods/portforward"));
        await forward.LineAsync("error: lost connection to pod");
    }

    [Fact]
    public async Task Tunnel_WhenTheServerIsOlder_IsReplacedByTheUpgrade()
    {
        await using var cluster = await StartClusterAsync();
        cluster.Faults.Add(new RequestFault(FaultAction.Unsupported) { Transport = "tunnel" });
        await using var forward = await ForwardToPodAsync(cluster, "tunnel", "tcp-echo");
        await forward.LocalPortAsync();
        Assert.Equal("spdy", Assert.Single(cluster.Sessions.Open).Transport);
    }

    [Fact]
    public async Task Tunnel_ForARoleWithCreateOnly_IsReplacedByTheUpgrade()
    {
        await using var cluster = await StartClusterAsync();
        cluster.Users.Add("dev");
        cluster.Rbac.Deny("dev", "get", "pods/portforward");
        cluster.World.AddPod("shop", "app", new PodSpec("app", "tcp-echo", 8080));
        await cluster.Pods.WaitReadyByNameAsync("shop", "app", TimeoutToken);
        await using var forward = SignIn(cluster, "dev").Start(null, "port-forward", "pod/app", ":8080");
        await forward.LocalPortAsync();
        Assert.Equal("spdy", Assert.Single(cluster.Sessions.Open).Transport);
    }

    /// <summary>So many bytes, or all up to the end.</summary>
    private async Task<string> ReadTextAsync(Socket socket, int length = 64 * 1024)
    {
        var buffer = new byte[length];
        var filled = 0;
        int count;
        while (filled < length && (count = await socket.ReceiveAsync(buffer.AsMemory(filled), TimeoutToken)) > 0) filled += count;
        return Encoding.UTF8.GetString(buffer, 0, filled);
    }

    private async Task<Socket> ConnectAsync(KubectlProcess forward)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", await forward.LocalPortAsync(), TimeoutToken);
        return socket;
    }

    private async Task<KubectlProcess> ForwardToPodAsync(TestCluster cluster, string transport, string behaviour, string ports = ":8080")
    {
        cluster.World.AddPod("shop", "app", new PodSpec("app", behaviour, 8080));
        await cluster.Pods.WaitReadyByNameAsync("shop", "app", TimeoutToken);
        return Forward(cluster, transport, "pod/app", ports);
    }

    private KubectlProcess Forward(TestCluster cluster, string transport, string target, string ports) => SignIn(cluster).Start(
        new Dictionary<string, string> { ["KUBECTL_PORT_FORWARD_WEBSOCKETS"] = transport == "tunnel" ? "true" : "false" },
        "port-forward",
        target,
        ports);
}
