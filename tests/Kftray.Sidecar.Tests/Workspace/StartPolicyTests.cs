using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Workspace;
using Xunit;

namespace Kftray.Sidecar.Tests.Workspace;

public sealed class StartPolicyTests
{
    [Theory]
    [InlineData("""{"service": "a", "remote_port": 80}""", null, null)]
    [InlineData("""{"service": "a", "remote_port": 80, "protocol": "udp"}""", null, null)]
    [InlineData("""{"workload_type": "proxy", "remote_address": "db.internal", "remote_port": 80}""", null, null)]
    [InlineData("""{"workload_type": "expose", "service": "a", "local_port": 80}""", FaultKind.NotSupported, ProblemCodes.NotSupported)]
    [InlineData("""{"service": "a", "remote_port": 80, "local_address": "0.0.0.0"}""", FaultKind.NonLoopbackAddress, ProblemCodes.NonLoopbackAddress)]
    [InlineData("""{"service": "a", "remote_port": 80, "local_address": "::1"}""", null, null)]
    public void Read_OfAForwardThatMayNotRun_BlocksItAndSaysSo(string forward, FaultKind? fault, string? code)
    {
        var model = Documents.Read(Documents.User($"[{forward}]"));

        Assert.Equal(fault, Assert.Single(model.Forwards).Blocked?.Kind);
        Assert.Equal(code, model.Problems.SingleOrDefault()?.Code);
        Assert.DoesNotContain(model.Problems, p => p.Severity is ProblemSeverity.Error);
    }

    [Fact]
    public void Read_InAnUntrustedWorkspace_BlocksEveryForward()
    {
        var request = Documents.Trusted(Documents.Shared("""[{"service": "a", "remote_port": 80, "local_port": 1}]""")) with { Trusted = false };

        var model = WorkspaceReader.Read(request, WorkspaceHost.None);

        Assert.Equal(FaultKind.UntrustedWorkspace, Assert.Single(model.Forwards).Blocked?.Kind);
        Assert.Empty(model.Problems);
    }

    [Fact]
    public void Read_WithTheSettingForOtherAddresses_AllowsThem()
    {
        var request = Documents.Trusted(Documents.User("""[{"service": "a", "remote_port": 80, "local_address": "0.0.0.0"}]""")) with
        {
            Settings = new() { AllowNonLoopback = true },
        };

        Assert.Null(Assert.Single(WorkspaceReader.Read(request, WorkspaceHost.None).Forwards).Blocked);
    }

    [Theory]
    [InlineData("kube/dev.yaml", "", FaultKind.ConsentRequired)]
    [InlineData("kube/dev.yaml", "/work/shop/kube/dev.yaml", null)]
    [InlineData("kube/dev.yaml", "/work/shop", null)]
    [InlineData("kube/dev.yaml", "/work/shop/kube/de", FaultKind.ConsentRequired)]
    [InlineData("../shop-dev.yaml", "", null)]
    [InlineData("~/.kube/config", "", null)]
    public void Read_OfAKubeconfigThatCameWithTheWorkspace_NeedsConsent(string kubeconfig, string consent, FaultKind? fault)
    {
        var request = Documents.Trusted(Documents.Shared($$"""[{"service": "a", "remote_port": 80, "kubeconfig": "{{kubeconfig}}"}]""")) with
        {
            Consents = consent.Length == 0 ? [] : [consent],
        };

        Assert.Equal(fault, Assert.Single(WorkspaceReader.Read(request, WorkspaceHost.None).Forwards).Blocked?.Kind);
    }
}
