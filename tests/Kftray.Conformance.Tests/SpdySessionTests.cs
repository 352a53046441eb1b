using Kftray.Testing;
using Kftray.Testing.PortForward;
using Kftray.Testing.World;

namespace Kftray.Conformance.Tests;

/// <summary>The SPDY session frame by frame, where kubectl does not look.</summary>
public sealed class SpdySessionTests : TestBase
{
    [Fact]
    public void Dictionary_IsTheOneOfSpdy3()
    {
        var (a, b) = (1u, 0u);
        foreach (var value in SpdyDictionary.Bytes) (a, b) = ((a + value) % 65521, (b + ((a + value) % 65521)) % 65521);
        Assert.Equal(1423, SpdyDictionary.Bytes.Length);
        Assert.Equal(0xE3C6A7C2, (b << 16) | a);
    }

    [Fact]
    public async Task StreamsAndFirstData_InOneWrite_AreServed()
    {
        await using var cluster = await StartWithPodAsync("tcp-echo");
        await using var client = await RawSpdyClient.ConnectAsync(cluster, "app", TimeoutToken);

        await client.WriteAsync(client.Open(1), RawSpdyClient.Data(3, "hello"u8));

        await client.ReadAsync(2, 1);
        await client.ReadAsync(2, 3);
        Assert.Equal("hello", (await client.ReadAsync(0, 3)).Text);
    }

    [Fact]
    public async Task Connection_ThatEndsCleanly_EndsBothStreamsWithFin()
    {
        await using var cluster = await StartWithPodAsync("closes");
        await using var client = await RawSpdyClient.ConnectAsync(cluster, "app", TimeoutToken);
        await client.WriteAsync(client.Open(1));
        Assert.True((await client.ReadAsync(0, 3)).IsFin);
        var last = await client.ReadAsync(0, 1);
        Assert.Equal((true, ""), (last.IsFin, last.Text));
    }

    [Fact]
    public async Task Connection_ThatTheApplicationResets_EndsWithASentenceAndAReset()
    {
        await using var cluster = await StartWithPodAsync("resets");
        await using var client = await RawSpdyClient.ConnectAsync(cluster, "app", TimeoutToken);
        await client.WriteAsync(client.Open(1), RawSpdyClient.Data(3, "x"u8));
        Assert.True((await client.ReadAsync(0, 3)).IsFin);
        Assert.Contains("connection reset by peer", (await client.ReadAsync(0, 1)).Text);
        await client.ReadAsync(3, 1);
    }

    [Fact]
    public async Task StreamWithoutPort_IsReset_AndTheSessionLives()
    {
        await using var cluster = await StartWithPodAsync("tcp-echo");
        await using var client = await RawSpdyClient.ConnectAsync(cluster, "app", TimeoutToken);
        await client.WriteAsync(client.SynStream(1, ("streamtype", "data")), client.Open(3), RawSpdyClient.Data(5, "hello"u8));
        await client.ReadAsync(3, 1);
        Assert.Equal("hello", (await client.ReadAsync(0, 5)).Text);
    }

    [Fact]
    public async Task Session_OfADeletedPod_AnswersPingsAndRefusesStreams()
    {
        await using var cluster = await StartWithPodAsync("tcp-echo");
        await using var client = await RawSpdyClient.ConnectAsync(cluster, "app", TimeoutToken);
        var pod = cluster.Pods["shop", "app"];

        // With its grace: forced, the API forgets a pod before its sandbox has gone.
        cluster.Pods.Delete(pod);
        await cluster.Pods.WaitGoneAsync(pod, TimeoutToken);

        await client.WriteAsync(RawSpdyClient.Ping(1), client.Open(1));

        Assert.Equal(1u, (await client.ReadAsync(6, 1)).Id);
        Assert.Contains("failed to find sandbox", (await client.ReadAsync(0, 1)).Text);
        Assert.Equal(1u, (await client.ReadAsync(3, 1)).Id);
    }

    [Fact]
    public async Task Stream_WhoseApplicationDoesNotRead_FreezesItsSessionUntilItDoes()
    {
        await using var cluster = await StartWithPodAsync("stalls");
        await using var client = await RawSpdyClient.ConnectAsync(cluster, "app", TimeoutToken);
        await client.WriteAsync(client.Open(1));
        var frame = RawSpdyClient.Data(3, new byte[32 * 1024]);

        var written = 0;
        var writing = Task.CompletedTask;
        while (written < 4096)
        {
            writing = client.WriteAsync(frame).AsTask();
            if (await Task.WhenAny(writing, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, TimeoutToken)) != writing) break;
            written++;
        }

        Assert.False(writing.IsCompleted);
        await cluster.Pods["shop", "app"].KillApplicationsAsync();
        await writing;
        await client.WriteAsync(RawSpdyClient.Ping(1));
        await client.ReadAsync(6, 1);
    }

    [Fact]
    public async Task ClientThatLeaves_IsSeenByTheApplicationWithin3Seconds()
    {
        await using var cluster = await StartWithPodAsync("silent");
        await using (var client = await RawSpdyClient.ConnectAsync(cluster, "app", TimeoutToken))
        {
            await client.WriteAsync(client.Open(1), RawSpdyClient.Data(3, "x"u8));
            await cluster.Pods["shop", "app"].ConnectionAsync(0, TimeoutToken);
        }

        var connection = cluster.Pods["shop", "app"].Connections[0];
        await connection.ClientEnded.WaitAsync(TimeSpan.FromSeconds(3), TimeoutToken);
        await cluster.Sessions.WaitAsync(sessions => sessions.Open.Count == 0, TimeoutToken);
    }

    private async Task<TestCluster> StartWithPodAsync(string behaviour)
    {
        var cluster = await StartClusterAsync();
        cluster.World.AddPod("shop", "app", new PodSpec("app", behaviour, 8080));
        await cluster.Pods.WaitReadyByNameAsync("shop", "app", TimeoutToken);
        return cluster;
    }
}
