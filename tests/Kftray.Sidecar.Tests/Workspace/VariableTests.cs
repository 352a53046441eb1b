using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Workspace;
using Xunit;

namespace Kftray.Sidecar.Tests.Workspace;

public sealed class VariableTests
{
    private static readonly WorkspaceHost Host = WorkspaceHost.None with
    {
        Variable = name => name switch { "NS" => "shop", "PORT" => "8080", "EMPTY" => "", _ => null },
        HomeFolder = "/home/me",
    };

    [Theory]
    [InlineData("${env:NS}", "shop")]
    [InlineData("${env:NS}-${env:NS}", "shop-shop")]
    public void Namespace_WithVariables_HoldsTheirValues(string written, string expected) =>
        Assert.Equal(expected, Read($"\"namespace\": \"{written}\"").Namespace);

    [Fact]
    public void LocalPort_AsAVariable_IsANumber() => Assert.Equal(8080, Read("\"local_port\": \"${env:PORT}\"").LocalPort);

    [Fact]
    public void LocalPort_AsAPlainString_IsStillWrong() =>
        Assert.Equal(FaultKind.InvalidConfig, Read("\"local_port\": \"8080\"").Blocked?.Kind);

    [Theory]
    [InlineData("${userHome}/kube", "/home/me/kube")]
    [InlineData("${workspaceFolder}/kube", "/work/shop/kube")]
    public void Kubeconfig_WithAFolder_IsThere(string written, string expected) => Assert.Equal(expected, Read($"\"kubeconfig\": \"{written}\"").Kubeconfig);

    [Theory]
    [InlineData("${env:MISSING}")]
    [InlineData("${env:EMPTY}")]
    [InlineData("${nonsense}")]
    public void Context_WithAVariableThatHasNoValue_IsBlockedAndNotTheCurrentOne(string written)
    {
        var spec = Read($"\"context\": \"{written}\"");
        Assert.Equal(FaultKind.InvalidConfig, spec.Blocked?.Kind);
        Assert.Contains("variable", spec.Blocked!.Message, StringComparison.Ordinal);
    }

    private static ForwardSpec Read(string member)
    {
        var text = $$"""[{"service": "api", "remote_port": 80, {{member}}}]""";
        return Assert.Single(WorkspaceReader.Read(Documents.Trusted(Documents.Shared(text)), Host).Forwards);
    }
}
