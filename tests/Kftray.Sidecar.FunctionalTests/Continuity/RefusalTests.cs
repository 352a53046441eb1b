using System.Diagnostics;
using System.Net.Sockets;
using Kftray.Sidecar.Contract;
using Kftray.Testing;
using Kftray.Testing.Faults;
using Kftray.Testing.Http;
using Kftray.Testing.Security;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests.Continuity;

/// <summary>API servers that answer, but not what is wanted: for a while.</summary>
public sealed class RefusalTests : FunctionalTest
{
    [Theory]
    [InlineData(401)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Server_RefusingEverythingForAWhile_LeavesConnectionsAloneAndHoldsNewOnes(int code)
    {
        await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");
        using var kept = await ConnectAsync(port);
        Assert.Equal("one", await kept.EchoAsync("one", TimeoutToken));

        Socket[] held;
        using (Cluster.Break(new RequestFault(FaultAction.Status) { Code = code, RetryAfterSeconds = code == 429 ? 1 : null }))
        {
            held = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ConnectAsync(port)));
            foreach (var client in held)
                await client.SendTextAsync("new", TimeoutToken);
            await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, TimeoutToken);
            Assert.Equal("two", await kept.EchoAsync("two", TimeoutToken));
        }

        var healed = Stopwatch.GetTimestamp();
        foreach (var client in held)
        {
            using (client)
                Assert.Equal("new", await client.ReceiveTextAsync(3, TimeoutToken));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{code}: the last one served {Stopwatch.GetElapsedTime(healed).TotalMilliseconds:0} ms after it was healed.");
        Assert.InRange(Stopwatch.GetElapsedTime(healed), TimeSpan.Zero, TimeSpan.FromSeconds(4));
        Assert.Equal("three", await kept.EchoAsync("three", TimeoutToken));
    }

    [Fact]
    public async Task Sessions_Throttled_AreNotAskedForBeforeTheServerWantsThem()
    {
        await RunApplicationAsync("echo", "echo");
        var forwards = string.Join(',', Enumerable.Range(0, 20).Select(i => $$"""{ "alias": "f{{i}}", "service": "echo", "remote_port": 80 }"""));
        using (Cluster.Break(new RequestFault(FaultAction.Status) { Resource = "pods/portforward", Code = 429, RetryAfterSeconds = 3 }))
        {
            await ApplyAsync(forwards);
            await WaitForAsync("f0", snapshot => snapshot.Fault?.Kind == FaultKind.Throttled);
            await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, TimeoutToken);
        }

        // One pool for all of them: a few that were under way together, and the same again when the time was over.
        var asked = Cluster.Requests.Count(request => request.Resource == "pods/portforward");
        TestContext.Current.TestOutputHelper?.WriteLine($"20 forwards asked {asked} times in 5 s.");
        Assert.InRange(asked, 1, 6);
        for (var i = 0; i < 20; i++)
            await BecomesAsync($"f{i}", ForwardStatus.Active);
    }

    [Theory]
    [InlineData(ServerCertificateKind.OtherName)]
    [InlineData(ServerCertificateKind.Expired)]
    public async Task Server_WithABrokenCertificateForAWhile_IsUsedAgainWhenItIsMended(ServerCertificateKind broken)
    {
        await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");
        Cluster.ServerCertificate = broken;
        Cluster.Connections.ResetAll();
        var seen = await WaitForAsync("echo", snapshot => snapshot.Fault?.Kind == FaultKind.TlsNotTrusted);
        Assert.Equal(ForwardStatus.Reconnecting, seen.Status);
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, TimeoutToken);

        using var held = await ConnectAsync(port);
        var mended = Stopwatch.GetTimestamp();
        Cluster.ServerCertificate = ServerCertificateKind.Valid;
        Assert.Equal("held", await held.EchoAsync("held", TimeoutToken));

        TestContext.Current.TestOutputHelper?.WriteLine($"Served {Stopwatch.GetElapsedTime(mended).TotalMilliseconds:0} ms after it was mended.");
        Assert.InRange(Stopwatch.GetElapsedTime(mended), TimeSpan.Zero, TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task Server_WhoseNameCannotBeResolved_IsFoundWhenItCan()
    {
        await RunApplicationAsync("echo", "echo");
        Cluster.WriteKubeconfig(Kubeconfig, new KubeconfigContext("demo", Namespace: Shop) { Server = $"https://nowhere.invalid:{Cluster.Server.Port}" });
        await ApplyAsync("""{ "service": "echo", "remote_port": 80 }""");
        var lost = await BecomesAsync("echo", ForwardStatus.Reconnecting);
        Assert.Equal(FaultKind.ServerUnreachable, lost.Fault?.Kind);
        using var held = await ConnectAsync(lost.LocalPort);

        Cluster.WriteKubeconfig(Kubeconfig, @namespace: Shop);

        Assert.Equal("held", await held.EchoAsync("held", TimeoutToken));
    }

    [Fact]
    public async Task Server_ThatIsSlow_ServesSlowlyAndIsNotLeft()
    {
        await RunApplicationAsync("echo", "echo");
        using var slow = Cluster.Break(new RequestFault(FaultAction.Delay) { DelayMilliseconds = 1000 });
        Cluster.Connections.Latency = TimeSpan.FromMilliseconds(100);
        var port = await ForwardAsync("echo");
        using var client = await ConnectAsync(port);
        for (var i = 0; i < 10; i++)
            Assert.Equal("slow", await client.EchoAsync("slow", TimeoutToken));
        Assert.Equal(0, (await WaitForAsync("echo", _ => true)).Reconnects);
    }
}
