using Kftray.Sidecar.Workspace;
using Xunit;

namespace Kftray.Sidecar.Tests.Workspace;

public sealed class PathExpansionTests
{
    [Theory]
    [InlineData("~", "/home/me")]
    [InlineData("~/.kube/config", "/home/me/.kube/config")]
    [InlineData("~other/config", "~other/config")]
    [InlineData("$CONFIGS/dev", "/etc/kube/dev")]
    [InlineData("${CONFIGS}/dev", "/etc/kube/dev")]
    [InlineData("${env:CONFIGS}/dev", "/etc/kube/dev")]
    [InlineData("$NOT_SET/dev", "$NOT_SET/dev")]
    [InlineData("$WHERE/x", "/home/me/there/x")]
    [InlineData("/a/b$", "/a/b$")]
    public void Expand_HomeAndVariables_AsAShellWould(string path, string expanded) => Assert.Equal(
        expanded, PathExpansion.Expand(path, "/home/me", name => name switch { "CONFIGS" => "/etc/kube", "WHERE" => "~/there", _ => null }));
}
