using System.Net.Sockets;
using Kftray.Sidecar.Contract;
using Kftray.Testing;
using Kftray.Testing.Faults;
using Kftray.Testing.Pods;
using Kftray.Testing.PortForward;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests;

/// <summary>Every way to a pod, with those before it switched off: the same for the client, but for what the legacy way cannot say.</summary>
public sealed class TransportTests : FunctionalTest
{
    private const string Spdy = "spdy";
    private const string Tunnel = "websocket";
    private const string Legacy = "websocket-legacy";

    public static TheoryData<string> Ways { get; } = [Spdy, Tunnel, Legacy];

    public static TheoryData<string, RuntimeCharacter> WaysAndRuntimes { get; } = new()
    {
        { Spdy, RuntimeCharacter.Containerd }, { Tunnel, RuntimeCharacter.Containerd }, { Legacy, RuntimeCharacter.Containerd },
        { Spdy, RuntimeCharacter.CriO }, { Tunnel, RuntimeCharacter.CriO }, { Legacy, RuntimeCharacter.CriO },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Way_ThatIsTheOnlyOne_IsFoundOnceAndShown(string way)
    {
        LeaveOnly(way);
        var pod = await RunApplicationAsync("echo", "echo");

        var port = await ForwardAsync("echo");

        Assert.Equal(way, (await BecomesAsync("echo", ForwardStatus.Active)).Transport);
        Assert.Empty(pod.Connections);
        for (var i = 0; i < 20; i++)
        {
            using var client = await ConnectAsync(port);
            Assert.Equal($"number {i}", await client.EchoAsync($"number {i}", TimeoutToken));
        }

        // The ways that are refused were asked once.
        Assert.All(Cluster.Sessions.Open, session => Assert.Equal(NameInCluster(way), session.Transport));
        if (way != Spdy)
            Assert.Equal(1, Cluster.Requests.Count(request => request.Transport == "spdy"));
        if (way == Legacy)
            Assert.Equal(1, Cluster.Requests.Count(request => request.Transport == "tunnel"));
    }

    [Theory]
    [InlineData(403)]
    [InlineData(400)]
    [InlineData(502)]
    [InlineData(504)]
    public async Task Way_RefusedByAGatewayLater_IsLeftWithoutAFailedConnection(int code)
    {
        await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");
        using (var before = await ConnectAsync(port))
            Assert.Equal("before", await before.EchoAsync("before", TimeoutToken));
        SwitchOff("spdy", code);
        SwitchOff("tunnel", code);
        Cluster.Connections.ResetAll("pods/portforward");
        await WaitForAsync("echo", snapshot => snapshot.Status == ForwardStatus.Reconnecting || snapshot.Transport == Legacy);

        for (var i = 0; i < 10; i++)
        {
            using var client = await ConnectAsync(port);
            Assert.Equal("after", await client.EchoAsync("after", TimeoutToken));
        }

        await WaitForAsync("echo", snapshot => snapshot is { Status: ForwardStatus.Active, Transport: Legacy });
    }

    [Fact]
    public async Task Ways_ThatAreAllRefused_AreTheUsersProblem()
    {
        foreach (var way in (string[])["spdy", "tunnel", "channels"])
            SwitchOff(way, 403);
        await RunApplicationAsync("echo", "echo");

        await ApplyAsync("""{ "service": "echo", "remote_port": 80 }""");

        var snapshot = await WaitForAsync("echo", found => found is { Status: ForwardStatus.Reconnecting, Fault: not null });
        Assert.Equal(FaultKind.Forbidden, snapshot.Fault!.Kind);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Download_And_Upload_ArriveWhole(string way)
    {
        const long length = 50_000_000;
        LeaveOnly(way);
        await RunApplicationAsync("bulk", "bulk");
        var port = await ForwardAsync("bulk");

        using var download = await ConnectAsync(port);
        await download.SendTextAsync($"GET {length}\n", TimeoutToken);
        Assert.Equal((length, TestContent.Sha256(length)), await download.ReceiveHashAsync(TimeoutToken));

        using var upload = await ConnectAsync(port);
        await upload.SendTextAsync($"PUT {length}\n", TimeoutToken);
        for (long offset = 0; offset < length;)
            offset += await upload.SendAsync(TestContent.At(offset, length - offset), TimeoutToken);
        Assert.Equal(TestContent.Sha256(length) + "\n", await upload.ReceiveAllTextAsync(TimeoutToken));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Connections_HundredAtOnce_AreAllServed(string way)
    {
        LeaveOnly(way);
        await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");
        var clients = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => ConnectAsync(port)));
        try
        {
            for (var round = 0; round < 2; round++)
            {
                var answers = await Task.WhenAll(clients.Select((client, i) => client.EchoAsync($"client {i} round {round}", TimeoutToken)));
                Assert.Equal(Enumerable.Range(0, 100).Select(i => $"client {i} round {round}"), answers);
            }
        }
        finally
        {
            foreach (var client in clients)
                client.Dispose();
        }
    }

    [Theory]
    [MemberData(nameof(WaysAndRuntimes))]
    public async Task HalfClose_BeforeTheReply_LosesNothingOfIt(string way, RuntimeCharacter runtime)
    {
        await UseClusterAsync(new TestClusterOptions { Runtime = runtime });
        LeaveOnly(way);
        await RunApplicationAsync("stream", "stream:3");
        var port = await ForwardAsync("stream");
        using var client = await ConnectAsync(port);

        await client.SendTextAsync("go\n", TimeoutToken);
        client.Shutdown(SocketShutdown.Send);

        var expected = string.Concat(Enumerable.Range(1, 30).Select(line => $"{line}\n")) + "end\n";
        Assert.Equal(expected, await client.ReceiveAllTextAsync(TimeoutToken));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Application_ThatResets_IsSeenAsAReset(string way)
    {
        LeaveOnly(way);
        await RunApplicationAsync("resets", "resets:5");
        var port = await ForwardAsync("resets");
        using var client = await ConnectAsync(port);
        await client.SendTextAsync("hello", TimeoutToken);

        var error = await Assert.ThrowsAsync<SocketException>(async () => await client.ReceiveAsync(new byte[16].AsMemory(), TimeoutToken));

        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Application_ThatCloses_IsSeenAsAnEnd(string way)
    {
        LeaveOnly(way);
        await RunApplicationAsync("closes", "closes");
        var port = await ForwardAsync("closes");
        using var client = await ConnectAsync(port);

        Assert.Equal("", await client.ReceiveAllTextAsync(TimeoutToken));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Application_ThatIsNotListening_GetsTheConnectionWhenItIs(string way)
    {
        LeaveOnly(way);
        var pod = await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");
        await pod.KillApplicationsAsync();
        using var client = await ConnectAsync(port);
        var answer = client.EchoAsync("sent before it listened", TimeoutToken);
        await WaitForAsync("echo", snapshot => snapshot.Fault?.Kind == FaultKind.ConnectionRefused);

        pod.StartApplications();

        Assert.Equal("sent before it listened", await answer);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Client_ThatResets_IsSeenByTheApplication(string way)
    {
        LeaveOnly(way);
        var pod = await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");
        var client = await ConnectAsync(port);
        Assert.Equal("hello", await client.EchoAsync("hello", TimeoutToken));
        var connection = await pod.ConnectionAsync(0, TimeoutToken);

        client.Close(0);

        await connection.ClientEnded.WaitAsync(TimeSpan.FromSeconds(3), TimeoutToken);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Client_ThatStopsReading_DoesNotStopOthers(string way)
    {
        LeaveOnly(way);
        await RunApplicationAsync("bulk", "bulk");
        var port = await ForwardAsync("bulk");
        using var stalled = await ConnectAsync(port);
        await stalled.SendTextAsync($"GET {1L << 30}\n", TimeoutToken);
        await stalled.ReceiveTextAsync(100_000, TimeoutToken);

        for (var i = 0; i < 2; i++)
        {
            using var other = await ConnectAsync(port);
            await other.SendTextAsync("GET 300000\n", TimeoutToken);
            Assert.Equal((300_000, TestContent.Sha256(300_000)), await other.ReceiveHashAsync(TimeoutToken));
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task ApiServer_ThatRestarts_IsFoundAgain(string way)
    {
        LeaveOnly(way);
        await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");
        using var lost = await ConnectAsync(port);
        Assert.Equal("hello", await lost.EchoAsync("hello", TimeoutToken));

        await Cluster.RestartServerAsync(TimeoutToken);

        Assert.True(await EndsAsync(lost));
        using var client = await ConnectAsync(port);
        Assert.Equal("again", await client.EchoAsync("again", TimeoutToken));
    }

    private async Task<bool> EndsAsync(Socket client)
    {
        try
        {
            return await client.ReceiveAsync(new byte[16].AsMemory(), TimeoutToken) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private void LeaveOnly(string way)
    {
        if (way != Spdy)
            SwitchOff("spdy", 403);
        if (way == Legacy)
            Cluster.Break(new RequestFault(FaultAction.Unsupported) { Resource = "pods/portforward", Transport = "tunnel" });
    }

    private void SwitchOff(string way, int code) =>
        Cluster.Break(new RequestFault(FaultAction.Status) { Resource = "pods/portforward", Transport = way, Code = code });

    private static string NameInCluster(string way) => way switch { Spdy => "spdy", Tunnel => "tunnel", _ => "channels" };
}
