using System.Net.Sockets;
using Kftray.Testing;
using Kftray.Testing.Pods;
using Kftray.Testing.PortForward;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests;

/// <summary>Bytes through a forward: as many, as whole and as half-closed as over a direct connection.</summary>
public sealed class TcpForwardTests : FunctionalTest
{
    private const long OneGiB = 1L << 30;

    [Fact]
    public async Task Connections_OneAfterTheOther_AreAllServed()
    {
        await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");

        for (var i = 0; i < 1000; i++)
        {
            using var client = await ConnectAsync(port);
            Assert.Equal($"number {i}", await client.EchoAsync($"number {i}", TimeoutToken));
        }
    }

    [Fact]
    public async Task Connections_TwoHundredAtOnce_AreAllServed()
    {
        await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");
        var clients = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => ConnectAsync(port)));
        try
        {
            // Twice: all of them are open while each is used.
            for (var round = 0; round < 2; round++)
            {
                var answers = await Task.WhenAll(clients.Select((client, i) => client.EchoAsync($"client {i} round {round}", TimeoutToken)));
                Assert.Equal(Enumerable.Range(0, 200).Select(i => $"client {i} round {round}"), answers);
            }
        }
        finally
        {
            foreach (var client in clients)
                client.Dispose();
        }
    }

    [Fact]
    public async Task Download_OfAGibibyte_ArrivesWhole()
    {
        await RunApplicationAsync("bulk", "bulk");
        var port = await ForwardAsync("bulk");
        using var client = await ConnectAsync(port);

        await client.SendTextAsync($"GET {OneGiB}\n", TimeoutToken);

        Assert.Equal((OneGiB, TestContent.Sha256(OneGiB)), await client.ReceiveHashAsync(TimeoutToken));
    }

    [Fact]
    public async Task Upload_OfAGibibyte_ArrivesWhole()
    {
        await RunApplicationAsync("bulk", "bulk");
        var port = await ForwardAsync("bulk");
        using var client = await ConnectAsync(port);

        await client.SendTextAsync($"PUT {OneGiB}\n", TimeoutToken);
        for (long offset = 0; offset < OneGiB;)
        {
            var part = TestContent.At(offset, OneGiB - offset);
            offset += await client.SendAsync(part, TimeoutToken);
        }

        Assert.Equal(TestContent.Sha256(OneGiB) + "\n", await client.ReceiveAllTextAsync(TimeoutToken));
    }

    [Theory]
    [MemberData(nameof(Runtimes.Both), MemberType = typeof(Runtimes))]
    public async Task HalfClose_BeforeTheReply_LosesNothingOfIt(RuntimeCharacter runtime)
    {
        await UseClusterAsync(new TestClusterOptions { Runtime = runtime });
        await RunApplicationAsync("bulk", "bulk");
        var port = await ForwardAsync("bulk");
        using var client = await ConnectAsync(port);

        await client.SendTextAsync("GET 20000000\n", TimeoutToken);
        client.Shutdown(SocketShutdown.Send);

        Assert.Equal((20_000_000, TestContent.Sha256(20_000_000)), await client.ReceiveHashAsync(TimeoutToken));
    }

    [Theory]
    [MemberData(nameof(Runtimes.Both), MemberType = typeof(Runtimes))]
    public async Task HalfClose_BeforeAReplyThatStreamsForTenSeconds_LosesNothingOfIt(RuntimeCharacter runtime)
    {
        await UseClusterAsync(new TestClusterOptions { Runtime = runtime });
        await RunApplicationAsync("stream", "stream:10");
        var port = await ForwardAsync("stream");
        using var client = await ConnectAsync(port);

        await client.SendTextAsync("go\n", TimeoutToken);
        client.Shutdown(SocketShutdown.Send);

        var expected = string.Concat(Enumerable.Range(1, 100).Select(line => $"{line}\n")) + "end\n";
        Assert.Equal(expected, await client.ReceiveAllTextAsync(TimeoutToken));
    }

    [Fact]
    public async Task HalfClose_WithARuntimeThatPassesItOn_IsSeenByTheApplication()
    {
        await UseClusterAsync(new TestClusterOptions { Runtime = RuntimeCharacter.CriO });
        await RunApplicationAsync("bulk", "bulk");
        var port = await ForwardAsync("bulk");
        using var client = await ConnectAsync(port);

        // Without a length the application answers only when it has seen the end.
        await client.SendTextAsync("PUT\n", TimeoutToken);
        await client.SendAsync(TestContent.At(0, 100_000), TimeoutToken);
        client.Shutdown(SocketShutdown.Send);

        Assert.Equal(TestContent.Sha256(100_000) + "\n", await client.ReceiveAllTextAsync(TimeoutToken));
    }

    [Theory]
    [MemberData(nameof(Runtimes.Both), MemberType = typeof(Runtimes))]
    public async Task Client_ThatCloses_IsSeenByTheApplicationWithinThreeSeconds(RuntimeCharacter runtime)
    {
        await UseClusterAsync(new TestClusterOptions { Runtime = runtime });
        var pod = await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");
        var client = await ConnectAsync(port);
        Assert.Equal("hello", await client.EchoAsync("hello", TimeoutToken));
        var connection = await pod.ConnectionAsync(0, TimeoutToken);

        client.Dispose();

        await connection.ClientEnded.WaitAsync(TimeSpan.FromSeconds(3), TimeoutToken);
    }

    [Fact]
    public async Task Client_ThatResets_IsSeenByTheApplication()
    {
        var pod = await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");
        var client = await ConnectAsync(port);
        Assert.Equal("hello", await client.EchoAsync("hello", TimeoutToken));
        var connection = await pod.ConnectionAsync(0, TimeoutToken);

        client.Close(0);

        // containerd takes its second before it cuts.
        await connection.ClientEnded.WaitAsync(TimeSpan.FromSeconds(3), TimeoutToken);
    }

    [Fact]
    public async Task Application_ThatResets_IsSeenAsAReset()
    {
        await RunApplicationAsync("resets", "resets:5");
        var port = await ForwardAsync("resets");
        using var client = await ConnectAsync(port);
        await client.SendTextAsync("hello", TimeoutToken);

        var error = await Assert.ThrowsAsync<SocketException>(async () => await client.ReceiveAsync(new byte[16].AsMemory(), TimeoutToken));

        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Fact]
    public async Task Application_ThatCloses_IsSeenAsAnEnd()
    {
        await RunApplicationAsync("closes", "closes");
        var port = await ForwardAsync("closes");
        using var client = await ConnectAsync(port);

        Assert.Equal("", await client.ReceiveAllTextAsync(TimeoutToken));
    }

    [Fact]
    public async Task Application_ThatSpeaksFirst_IsHeard()
    {
        var pod = await RunApplicationAsync("mail", "server-speaks-first");
        var port = await ForwardAsync("mail");
        using var client = await ConnectAsync(port);

        var greeting = $"220 {pod.Name} ready\r\n";
        Assert.Equal(greeting, await client.ReceiveTextAsync(greeting.Length, TimeoutToken));
    }

    [Fact]
    public async Task Client_ThatStopsReading_DoesNotStopOthers()
    {
        await RunApplicationAsync("bulk", "bulk");
        var port = await ForwardAsync("bulk");
        using var stalled = await ConnectAsync(port);
        await stalled.SendTextAsync($"GET {OneGiB}\n", TimeoutToken);
        await stalled.ReceiveTextAsync(100_000, TimeoutToken);

        for (var i = 0; i < 20; i++)
        {
            using var other = await ConnectAsync(port);
            await other.SendTextAsync("GET 300000\n", TimeoutToken);
            Assert.Equal((300_000, TestContent.Sha256(300_000)), await other.ReceiveHashAsync(TimeoutToken));
        }
    }
}
