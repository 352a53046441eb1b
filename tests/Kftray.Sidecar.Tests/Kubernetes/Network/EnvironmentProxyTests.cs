using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Kubernetes.Network;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes.Network;

public sealed class EnvironmentProxyTests
{
    private const string Proxy = "http://proxy.corp:3128";

    // The rules of https://pkg.go.dev/golang.org/x/net/http/httpproxy, which kubectl follows.
    [Theory]
    [InlineData("https://k8s.example:6443", "", true)]
    [InlineData("https://localhost:6443", "", false)]
    [InlineData("https://127.0.0.9:6443", "", false)]
    [InlineData("https://[::1]:6443", "", false)]
    [InlineData("https://k8s.example", "*", false)]
    [InlineData("https://k8s.example", "k8s.example", false)]
    [InlineData("https://api.k8s.example", "k8s.example", false)]
    [InlineData("https://api.k8s.example", ".k8s.example", false)]
    [InlineData("https://k8s.example", ".k8s.example", true)]
    [InlineData("https://k8s.example", "*.k8s.example", true)]
    [InlineData("https://api.k8s.example", "*.k8s.example", false)]
    [InlineData("https://otherk8s.example", "k8s.example", true)]
    [InlineData("https://K8S.example", "other, K8s.Example ", false)]
    [InlineData("https://k8s.example:6443", "k8s.example:6443", false)]
    [InlineData("https://k8s.example:6443", "k8s.example:443", true)]
    [InlineData("https://10.1.2.3", "10.0.0.0/8", false)]
    [InlineData("https://11.1.2.3", "10.0.0.0/8", true)]
    [InlineData("https://10.1.2.3", "10.1.2.3", false)]
    [InlineData("https://10.1.2.3:6443", "10.1.2.3:6443", false)]
    [InlineData("https://[fd00::1]:6443", "fd00::/16", false)]
    [InlineData("https://[fd00::1]:6443", "fd00::1", false)]
    [InlineData("https://[fd00::1]:6443", "[fd00::1]:6443", false)]
    [InlineData("http://k8s.example", "", false)]
    public void For_AServerAndExceptions_DecidesAsKubectlDoes(string server, string exceptions, bool isProxied) => Assert.Equal(
        isProxied ? new Uri(Proxy) : null, For(server, ("HTTPS_PROXY", Proxy), ("NO_PROXY", exceptions)));

    [Fact]
    public void For_LowerCaseAndNoScheme_IsUnderstoodAndUpperCaseWins()
    {
        Assert.Equal(new Uri("http://p:1"), For("https://s.example", ("https_proxy", "p:1")));
        Assert.Equal(new Uri("http://p:1"), For("https://s.example", ("https_proxy", "q:2"), ("HTTPS_PROXY", "p:1")));
        Assert.Equal(new Uri("http://p:1"), For("http://s.example", ("HTTP_PROXY", "p:1")));
        Assert.Equal(new Uri("socks5://p:1"), For("https://s.example", ("HTTPS_PROXY", "socks5://p:1")));
        Assert.Null(For("https://s.example", ("ALL_PROXY", "p:1")));
    }

    private static Uri? For(string server, params (string Name, string Value)[] variables) =>
        new EnvironmentProxy(new(variables.ToDictionary(v => v.Name, v => v.Value), "/")).For(new(server));
}
