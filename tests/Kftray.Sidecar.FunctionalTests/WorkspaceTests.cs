using System.Net;
using System.Net.Sockets;
using Kftray.Sidecar.Contract;
using Kftray.Testing;
using Kftray.Testing.Http;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests;

/// <summary>What is applied, and what becomes of it: edits, bad input, and the end.</summary>
public sealed class WorkspaceTests : FunctionalTest
{
    [Fact]
    public async Task Apply_WithOneBadForward_StartsTheGoodOne()
    {
        await RunApplicationAsync("echo", "echo");

        var result = await ApplyAsync("""{ "service": "echo", "remote_port": 80 }, { "service": "bad", "remote_port": 99999 }""");

        await BecomesAsync("echo", ForwardStatus.Active);
        Assert.Contains(result.Problems, problem => problem.Severity == ProblemSeverity.Error);
    }

    [Fact]
    public async Task Forward_WithAnUnknownContext_NamesItAndKeepsItsPort()
    {
        await ApplyAsync("""{ "service": "echo", "remote_port": 80, "context": "nowhere" }""");

        var waiting = await BecomesAsync("echo", ForwardStatus.Reconnecting);

        Assert.Equal(FaultKind.ContextNotFound, waiting.Fault?.Kind);
        Assert.Contains("nowhere", waiting.Fault!.Message, StringComparison.Ordinal);
        using var client = await ConnectAsync(waiting.LocalPort);
    }

    [Fact]
    public async Task Forward_WithoutAKubeconfig_SaysSoAndStartsWhenItIsThere()
    {
        await RunApplicationAsync("echo", "echo");
        File.Move(Kubeconfig, Kubeconfig + ".away");
        await ApplyAsync("""{ "service": "echo", "remote_port": 80 }""");
        var waiting = await BecomesAsync("echo", ForwardStatus.Reconnecting);
        Assert.Equal(FaultKind.KubeconfigNotFound, waiting.Fault?.Kind);

        File.Move(Kubeconfig + ".away", Kubeconfig);

        await BecomesAsync("echo", ForwardStatus.Active);
    }

    [Theory]
    [InlineData(ServerCertificateKind.OtherName)]
    [InlineData(ServerCertificateKind.OtherAuthority)]
    public async Task Server_WhoseCertificateIsNotTheClusters_IsRefused(ServerCertificateKind certificate)
    {
        await RunApplicationAsync("echo", "echo");
        Cluster.ServerCertificate = certificate;
        await ApplyAsync("""{ "service": "echo", "remote_port": 80 }""");

        var waiting = await BecomesAsync("echo", ForwardStatus.Reconnecting);

        Assert.Equal(FaultKind.TlsNotTrusted, waiting.Fault?.Kind);
        Assert.Equal(0, Cluster.Requests.Count(_ => true));
    }

    [Fact]
    public async Task LocalPort_InUse_IsAFaultUntilItIsFree()
    {
        await RunApplicationAsync("echo", "echo");
        var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var port = ((IPEndPoint)holder.LocalEndpoint).Port;
        await ApplyAsync($$"""{ "service": "echo", "remote_port": 80, "local_port": {{port}} }""");
        var failed = await BecomesAsync("echo", ForwardStatus.Failed);
        Assert.Equal(FaultKind.PortInUse, failed.Fault?.Kind);

        holder.Stop();

        await BecomesAsync("echo", ForwardStatus.Active);
    }

    [Fact]
    public async Task Alias_ThatIsEdited_KeepsTheConnectionsOfItsForward()
    {
        await RunApplicationAsync("echo", "echo");
        await ApplyAsync("""{ "alias": "before", "service": "echo", "remote_port": 80, "local_port": 0 }""");
        var before = await BecomesAsync("before", ForwardStatus.Active);
        using var client = await ConnectAsync(before.LocalPort);
        Assert.Equal("one", await client.EchoAsync("one", TimeoutToken));

        await ApplyAsync("""{ "alias": "after", "service": "echo", "remote_port": 80, "local_port": 0 }""", wanted =>
        {
            wanted.Enabled = [before.Id];
            return wanted;
        });

        var after = await BecomesAsync("after", ForwardStatus.Active);
        Assert.Equal(before.LocalPort, after.LocalPort);
        Assert.Equal("two", await client.EchoAsync("two", TimeoutToken));
    }

    [Fact]
    public async Task UntrustedWorkspace_RunsNothing()
    {
        await RunApplicationAsync("echo", "echo");

        await ApplyAsync("""{ "service": "echo", "remote_port": 80 }""", wanted =>
        {
            wanted.Trusted = false;
            return wanted;
        });

        var blocked = await BecomesAsync("echo", ForwardStatus.Blocked);
        Assert.Equal(FaultKind.UntrustedWorkspace, blocked.Fault?.Kind);
        Assert.Equal(0, Cluster.Requests.Count(_ => true));
    }

    [Fact]
    public async Task End_OfTheEngine_LeavesNothingOpen()
    {
        await RunApplicationAsync("echo", "echo");
        var port = await ForwardAsync("echo");
        using var client = await ConnectAsync(port);
        Assert.Equal("hello", await client.EchoAsync("hello", TimeoutToken));

        await StopEngineAsync().WaitAsync(TimeSpan.FromSeconds(2), TimeoutToken);

        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(port));
        await Cluster.Sessions.WaitAsync(sessions => sessions.Open.Count == 0, TimeoutToken);
    }
}
