using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes;

public sealed class KubeconfigTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("kftray-test-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Merge_NamesDefinedTwice_TakesTheFirstAndTheFirstCurrentContext()
    {
        var first = Write("a/config", """
            contexts: [{name: x, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: https://first}}]
            """);
        var second = Write("b/config", """
            current-context: x
            contexts: [{name: x, context: {cluster: other, user: u}}, {name: y, context: {cluster: c}}]
            clusters: [{name: c, cluster: {server: https://second}}]
            users: [{name: u, user: {token: t}}]
            """);

        var kubeconfig = Kubeconfig.Load([first, Path.Combine(_directory, "missing"), second]);

        Assert.Equal("x", kubeconfig.CurrentContext);
        Assert.Equal(["x", "y"], kubeconfig.Contexts);
        var context = kubeconfig.Resolve(null);
        Assert.Equal("https://first/", context.Cluster.Server.AbsoluteUri);
        Assert.Equal("t", context.User.Token);
    }

    [Fact]
    public void Resolve_RelativePaths_AreRelativeToTheirOwnFile()
    {
        Write("b/ca.pem", "CA");
        var path = Write("b/config", """
            contexts: [{name: x, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: https://s, certificate-authority: ca.pem}}]
            users: [{name: u, user: {tokenFile: sub/token, exec: {apiVersion: client.authentication.k8s.io/v1, command: bin/login, interactiveMode: Never} } }]
            """);

        var context = Kubeconfig.Load([path]).Resolve("x");

        Assert.Equal("CA", context.Cluster.CertificateAuthorities);
        Assert.Equal(Path.Combine(_directory, "b", "sub", "token"), context.User.TokenFile);
        Assert.Equal(Path.Combine(_directory, "b", "bin", "login"), context.User.Exec!.Command);
    }

    [Fact]
    public void Resolve_AllFields_AreRead()
    {
        var path = Write("config", """
            apiVersion: v1
            kind: Config
            contexts:
            - name: x
              context: {cluster: c, user: u, namespace: shop}
            clusters:
            - name: c
              cluster:
                server: https://gateway.example:8443/k8s/clusters/c-1
                insecure-skip-tls-verify: true
                tls-server-name: inner
                proxy-url: socks5://127.0.0.1:1080
                extensions:
                - name: client.authentication.k8s.io/exec
                  extension: {audience: a, level: 3}
            users:
            - name: u
              user:
                as: jane
                as-groups: [dev, ops]
                as-user-extra: {scope: [x, y]}
                exec:
                  apiVersion: client.authentication.k8s.io/v1beta1
                  command: login
                  args: [--flag, "two words"]
                  env: [{name: A, value: "1"}]
                  provideClusterInfo: true
                  installHint: install it
            """);

        var context = Kubeconfig.Load([path]).Resolve("x");

        Assert.Equal("shop", context.Namespace);
        Assert.True(context.Cluster.SkipsTlsVerification);
        Assert.Equal("inner", context.Cluster.TlsServerName);
        Assert.Equal("socks5://127.0.0.1:1080/", context.Cluster.Proxy!.AbsoluteUri);
        Assert.Equal("""{"audience":"a","level":3}""", context.Cluster.ExecConfig);
        Assert.Equal("jane", context.User.Impersonation!.User);
        Assert.Equal(["dev", "ops"], context.User.Impersonation.Groups);
        Assert.Equal(["x", "y"], context.User.Impersonation.Extra["scope"]);
        Assert.Equal(["--flag", "two words"], context.User.Exec!.Arguments);
        Assert.Equal("login", context.User.Exec.Command);
        Assert.True(context.User.Exec.ProvidesClusterInfo);
        Assert.Equal("install it", context.User.Exec.InstallHint);
    }

    [Fact]
    public void Resolve_BrokenEntry_BreaksOnlyItself()
    {
        var path = Write("config", """
            contexts: [{name: good, context: {cluster: g}}, {name: bad, context: {cluster: b}}]
            clusters:
            - {name: g, cluster: {server: https://s}}
            - {name: b, cluster: {server: "ftp://s"}}
            """);

        var kubeconfig = Kubeconfig.Load([path]);

        Assert.Equal("https", kubeconfig.Resolve("good").Cluster.Server.Scheme);
        var fault = Fails(() => kubeconfig.Resolve("bad"));
        Assert.Equal(FaultKind.KubeconfigInvalid, fault.Kind);
        Assert.Contains($"{path} is not valid at line 4", fault.Message);
    }

    [Fact]
    public void Load_MalformedYaml_NamesFileAndLine()
    {
        var path = Write("config", "contexts:\n- name: [\nclusters: }");
        var fault = Fails(() => Kubeconfig.Load([path]));
        Assert.Equal(FaultKind.KubeconfigInvalid, fault.Kind);
        Assert.Contains(path, fault.Message);
        Assert.Matches("line [23]:", fault.Message);
    }

    [Fact]
    public void Load_NothingThere_SaysWhereItLooked()
    {
        var path = Path.Combine(_directory, "none");
        var fault = Fails(() => Kubeconfig.Load([path]));
        Assert.Equal(FaultKind.KubeconfigNotFound, fault.Kind);
        Assert.Contains(path, fault.Message);
    }

    [Theory]
    [InlineData("kind-dve", "Did you mean 'kind-dev'?")]
    [InlineData("something-else", "It has 'kind-dev', 'prod'.")]
    public void Resolve_UnknownContext_SuggestsWhatThereIs(string name, string hint)
    {
        var path = Write("config", "contexts: [{name: kind-dev, context: {cluster: c}}, {name: prod, context: {cluster: c}}]");
        var fault = Fails(() => Kubeconfig.Load([path]).Resolve(name));
        Assert.Equal(FaultKind.ContextNotFound, fault.Kind);
        Assert.Equal(hint, fault.Hint);
    }

    [Fact]
    public void Resolve_NoCurrentContext_IsAFault()
    {
        var path = Write("config", "contexts: [{name: a, context: {cluster: c}}]\ncurrent-context: \"\"");
        Assert.Equal(FaultKind.ContextNotFound, Fails(() => Kubeconfig.Load([path]).Resolve(null)).Kind);
    }

    [Fact]
    public void Resolve_InlineData_BeatsFiles()
    {
        var data = Convert.ToBase64String("INLINE"u8);
        var path = Write("config", $$$"""
            contexts: [{name: x, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: https://s, certificate-authority: nowhere, certificate-authority-data: {{{data}}} } }]
            users: [{name: u, user: {client-certificate: nowhere, client-certificate-data: {{{data}}}, client-key: k } }]
            """);

        var context = Kubeconfig.Load([path]).Resolve("x");

        Assert.Equal("INLINE", context.Cluster.CertificateAuthorities);
        Assert.Equal("INLINE", context.User.ClientCertificate!.Text);
        Assert.Null(context.User.ClientCertificate.Path);
        Assert.Equal(Path.Combine(_directory, "k"), context.User.ClientKey!.Path);
    }

    [Fact]
    public void Paths_Settings_MeanWhatKubectlMeans()
    {
        var home = Path.GetFullPath("/home/me");
        var none = new HostEnvironment(new Dictionary<string, string>(), home);
        var both = new HostEnvironment(new Dictionary<string, string> { ["KUBECONFIG"] = $"/a{Path.PathSeparator}{Path.PathSeparator}/b" }, home);

        Assert.Equal([Path.Combine(home, ".kube", "config")], KubeconfigPaths.Find(null, none));
        Assert.Equal([Path.GetFullPath("/a"), Path.GetFullPath("/b")], KubeconfigPaths.Find("default", both));
        Assert.Equal([Path.Combine(home, "x")], KubeconfigPaths.Find("~/x", both));
    }

    private static Fault Fails(Func<object> act) => Assert.Throws<ForwardException>(act).Fault;

    private string Write(string name, string text)
    {
        var path = Path.Combine(_directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}
