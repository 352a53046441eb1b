using Xunit;

namespace Kftray.Sidecar.Tests.Architecture;

/// <summary>The invariants of ARCHITECTURE.md about who may know whom, checked on the compiled code.</summary>
public sealed class LayeringTests
{
    private const string Root = "Kftray.Sidecar";

    private static readonly Lazy<(string From, string To)[]> References = new(() =>
    {
        using var assembly = new AssemblyReader(typeof(Engine).Assembly.Location);
        return [.. assembly.References()];
    });

    [Fact]
    public void Reader_OfTheAssembly_SeesWhatMethodBodiesMention()
    {
        Assert.Contains(($"{Root}.Engine", $"{Root}.Endpoints.TcpEndpointBinder"), References.Value);
        Assert.Contains(($"{Root}.CommandLine.ServeCommand", $"{Root}.Rpc.InputPump"), References.Value);
    }

    [Theory]
    [InlineData("Contract", "Kftray.Sidecar")]
    [InlineData("Forwarding", "Kftray.Sidecar", "Kftray.Sidecar.Contract")]
    [InlineData("Endpoints", "Kftray.Sidecar", "Kftray.Sidecar.Contract", "Kftray.Sidecar.Forwarding")]
    [InlineData("Workspace", "Kftray.Sidecar", "Kftray.Sidecar.Contract", "Kftray.Sidecar.Forwarding")]
    public void Namespace_OfALowerLayer_KnowsOnlyItsOwnAndThese(string layer, string forbidden, params string[] allowed) =>
        AssertNone(layer, to => IsIn(to, forbidden) && !allowed.Append($"{Root}.{layer}").Any(name => IsIn(to, name)));

    [Theory]
    [InlineData("PortForward", "Kftray.Sidecar.Rpc")]
    [InlineData("PortForward", "Kftray.Sidecar.CommandLine")]
    [InlineData("PortForward", "Kftray.Sidecar.Workspace")]
    [InlineData("PortForward", "Kftray.Sidecar.Endpoints")]
    [InlineData("Targets", "Kftray.Sidecar.Rpc")]
    [InlineData("Targets", "Kftray.Sidecar.CommandLine")]
    [InlineData("Targets", "Kftray.Sidecar.Endpoints")]
    [InlineData("Kubernetes", "Kftray.Sidecar.Rpc")]
    [InlineData("Kubernetes", "Kftray.Sidecar.CommandLine")]
    [InlineData("Kubernetes", "Kftray.Sidecar.Endpoints")]
    [InlineData("Diagnostics", "Kftray.Sidecar.Rpc")]
    [InlineData("Diagnostics", "Kftray.Sidecar.CommandLine")]
    [InlineData("Diagnostics", "Kftray.Sidecar.Workspace")]
    [InlineData("Rpc", "Kftray.Sidecar.Kubernetes")]
    [InlineData("Rpc", "Kftray.Sidecar.PortForward")]
    [InlineData("Rpc", "Kftray.Sidecar.Targets")]
    [InlineData("Rpc", "Kftray.Sidecar.CommandLine")]
    [InlineData("CommandLine", "Kftray.Sidecar.Kubernetes")]
    [InlineData("CommandLine", "Kftray.Sidecar.PortForward")]
    [InlineData("CommandLine", "Kftray.Sidecar.Targets")]
    public void Namespace_OfAnotherConcern_IsNotKnown(string layer, string forbidden) => AssertNone(layer, to => IsIn(to, forbidden));

    [Theory]
    [InlineData("k8s", "Kubernetes")]
    [InlineData("StreamJsonRpc", "Rpc", "Contract")]
    [InlineData("Spectre", "CommandLine")]
    [InlineData("System.CommandLine", "CommandLine")]
    [InlineData("System.Net.Sockets", "Endpoints", "Kubernetes", "PortForward", "Forwarding", "CommandLine")]
    public void Library_OfOneConcern_IsUsedInItsNamespaceOnly(string library, params string[] namespaces)
    {
        var strays = References.Value
            .Where(reference => IsIn(reference.To, library) && IsIn(reference.From, Root))
            .Where(reference => !namespaces.Any(name => IsIn(reference.From, $"{Root}.{name}")));

        Assert.Empty(strays);
    }

    private static void AssertNone(string layer, Func<string, bool> isForbidden) =>
        Assert.DoesNotContain(References.Value, reference => IsIn(reference.From, $"{Root}.{layer}") && isForbidden(reference.To));

    private static bool IsIn(string type, string name) => type.StartsWith($"{name}.", StringComparison.Ordinal);
}
