using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Kftray.Sidecar.Contract;
using Kftray.Testing.Pods;
using Kftray.Testing.Store;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests.Relays;

/// <summary>What the doctor says of forwards through a relay that should run: the same as their rows.</summary>
public sealed class RelayDoctorTests : RelayTest
{
    [Fact]
    public async Task Doctor_OnARunningUdpForward_PassesEveryLinkThatUdpHas()
    {
        await RunUdpEchoAsync("dns");
        await StartAsync("dns", """ "service": "dns", "protocol": "udp", "remote_port": 53 """);

        AssertHealthy(await DiagnoseAsync("dns"));
    }

    [Fact]
    public async Task Doctor_OnARunningProxyForward_PassesEveryLink()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        await StartProxyAsync("db", "tcp", server.LocalEndpoint);

        AssertHealthy(await DiagnoseAsync("db"));
    }

    [Fact]
    public async Task Doctor_WithAnImageThatCannotBePulled_SaysWhatTheRowSays()
    {
        await UseClusterAsync(ClusterOptions with { Images = new Dictionary<string, PodProgram>(ClusterOptions.Images) { ["missing"] = new("") } });
        await ApplyAsync(Proxy(""" "relay": { "image": "registry.example/missing:1" } """));

        await AssertSaysWhatTheRowSaysAsync(FaultKind.RelayFailed, "registry.example/missing:1");
    }

    [Fact]
    public async Task Doctor_WithAQuotaThatIsUsedUp_SaysWhatTheRowSays()
    {
        Cluster.World.Add(ResourceKinds.ResourceQuotas, Shop, JsonNode.Parse("""{ "metadata": { "name": "none-left" }, "spec": { "hard": { "pods": "0" } } }""")!.AsObject());
        await ApplyAsync(Proxy(""" "protocol": "tcp" """));

        await AssertSaysWhatTheRowSaysAsync(FaultKind.RelayFailed, "none-left");
    }

    private static string Proxy(string more) =>
        $$"""{ "alias": "db", "workload_type": "proxy", "remote_address": "127.0.0.1", "remote_port": 5432, {{more}} }""";

    private static void AssertHealthy(Diagnosis diagnosis)
    {
        Assert.True(diagnosis.BrokenLink is null && diagnosis.Fault is null, diagnosis.Markdown);
        Assert.All(diagnosis.Checks, check => Assert.True(check.Result is CheckResult.Pass or CheckResult.Skipped, diagnosis.Markdown));
        Assert.Equal(CheckResult.Pass, diagnosis.Checks.Single(check => check.Link == DiagnosisLink.Pods).Result);
        TestContext.Current.TestOutputHelper?.WriteLine(diagnosis.Markdown);
    }

    private async Task AssertSaysWhatTheRowSaysAsync(FaultKind kind, string part)
    {
        var row = (await WaitForAsync("db", snapshot => snapshot.Fault?.Kind == kind && snapshot.Fault.Message.Contains(part, StringComparison.Ordinal))).Fault!;

        var diagnosis = await DiagnoseAsync("db");

        TestContext.Current.TestOutputHelper?.WriteLine(diagnosis.Markdown);
        Assert.Equal((row.Kind, row.Message, row.Hint), (diagnosis.Fault?.Kind, diagnosis.Fault?.Message, diagnosis.Fault?.Hint));
        Assert.NotNull(diagnosis.BrokenLink);
    }
}
