using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Workspace;
using Xunit;

namespace Kftray.Sidecar.Tests.Workspace;

public sealed class ProblemFixTests
{
    private static readonly WorkspaceHost Host = WorkspaceHost.None with
    {
        FirstUnprivilegedPort = 1024,
        Contexts = kubeconfig => kubeconfig is null ? ["kind-dev", "kind-prod"] : null,
    };

    [Theory]
    [InlineData("""[{"service": "a", "remote_port": 80, "local_prt": 1}]""", "unknown-key", "Change to local_port", "\"local_port\"")]
    [InlineData("""[{"service": "a", "remote_port": 80, "protocol": "udb"}]""", "unknown-value", "Change to \"udp\"", "\"udp\"")]
    [InlineData("""[{"service": "a", "remote_port": 80, "id": 7}]""", "unused-key", "Remove id", null)]
    [InlineData(
        """[{"service": "a", "remote_port": 80, "local_port": 2000}, {"service": "b", "remote_port": 80, "local_port": 2000}, {"service": "c", "remote_port": 80, "local_port": 2001}]""",
        "duplicate-local-port", "Use port 2002", "2002")]
    [InlineData(
        """[{"alias": "x", "service": "a", "remote_port": 80, "local_port": 0}, {"alias": "x-2", "service": "a", "remote_port": 80, "local_port": 0}, {"alias": "x", "service": "b", "remote_port": 80, "local_port": 0}]""",
        "duplicate-alias", "Rename to x-3", "\"x-3\"")]
    [InlineData("""[{"service": "a", "remote_port": 80, "local_port": 80}]""", "privileged-port", "Use port 8080", "8080")]
    [InlineData("""[{"service": "a", "remote_port": 80, "kubeconfig": "/x"}]""", "absolute-kubeconfig", "Remove kubeconfig and use the setting kftray.kubeconfig", null)]
    [InlineData("""[{"service": "a", "remote_port": 80, "local_address": "0.0.0.0"}]""", "non-loopback-address", "Listen on 127.0.0.1", "\"127.0.0.1\"")]
    [InlineData("""[{"service": "a", "remote_port": 80}]""", "no-local-port", "Add local_port 8080", " \"local_port\": 8080,")]
    [InlineData("[{\n  \"service\": \"a\", \"remote_port\": 5432}]", "no-local-port", "Add local_port 5432", "\n  \"local_port\": 5432,")]
    [InlineData("""[{"service": "a", "remote_port": 80, "context": "kind-dve"}]""", "unknown-context", "Change to kind-dev", "\"kind-dev\"")]
    public void Problem_ThatAProgramCanSettle_HasItsFix(string text, string code, string title, string? newText)
    {
        var problem = Assert.Single(Problems(text), p => p.Code == code && p.Fix is not null);
        Assert.Equal((title, newText), (problem.Fix!.Title, problem.Fix.NewText));
    }

    [Theory]
    [InlineData("""[{"service": "a", "remote_port": 80, "local_port": 1024}]""", "privileged-port")]
    [InlineData("""[{"service": "a", "remote_port": 80, "context": "kind-dev"}]""", "unknown-context")]
    [InlineData("""[{"service": "a", "remote_port": 80, "context": "@current"}]""", "unknown-context")]
    [InlineData("""[{"service": "a", "remote_port": 80, "context": "other", "kubeconfig": "~/other"}]""", "unknown-context")]
    public void Problem_OfWhatIsInOrder_IsNotThere(string text, string code) => Assert.DoesNotContain(Problems(text), p => p.Code == code);

    [Fact]
    public void Contexts_OfAnUntrustedWorkspace_AreNotLookedUp()
    {
        var host = Host with { Contexts = _ => throw new InvalidOperationException("A kubeconfig was opened.") };
        var request = Documents.Trusted(Documents.Shared("""[{"service": "a", "remote_port": 80, "context": "x"}]""")) with { Trusted = false };
        Assert.Single(WorkspaceReader.Read(request, host).Forwards);
    }

    private static IReadOnlyList<Problem> Problems(string text) =>
        WorkspaceReader.Read(Documents.Trusted(Documents.Shared(text)), Host).Problems;
}
