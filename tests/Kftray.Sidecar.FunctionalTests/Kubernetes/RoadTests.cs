using System.Net;
using System.Net.Sockets;
using System.Text;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Targets;
using Kftray.Testing;
using Kftray.Testing.Http;
using Kftray.Testing.Security;
using Kftray.Testing.World;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests.Kubernetes;

/// <summary>The road to a real server over real sockets: TLS, credentials, proxies, restarts.</summary>
public sealed class RoadTests : IDisposable
{
    private readonly CancellationTokenSource _timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly string _folder = Directory.CreateTempSubdirectory("kftray-functional-").FullName;

    public RoadTests() => _timeout.CancelAfter(TimeSpan.FromSeconds(40));

    private string Kubeconfig => Path.Combine(_folder, "config");

    public void Dispose()
    {
        _timeout.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(CredentialKind.ClientCertificate)]
    [InlineData(CredentialKind.Token)]
    public async Task Browse_EitherCredential_ListsWhatThereIs(CredentialKind credential)
    {
        await using var cluster = await StartAsync();
        cluster.WriteKubeconfig(Kubeconfig, @namespace: "shop", credential: credential);
        await using var registry = Registry();

        var result = await BrowseAsync(registry, "shop");

        Assert.Contains(result.Workloads, w => w is { Type: WorkloadType.Service, Name: "web", Ports: [{ Number: 80 }] });
        Assert.Equal("admin", cluster.Requests.All[^1].User);
    }

    [Theory]
    [InlineData(ServerCertificateKind.OtherName, "is not for '127.0.0.1'")]
    [InlineData(ServerCertificateKind.OtherAuthority, "which is not trusted")]
    [InlineData(ServerCertificateKind.Expired, "expired on")]
    public async Task Browse_ServerThatIsNotTheOne_IsRefusedBeforeAnythingIsSent(ServerCertificateKind certificate, string part)
    {
        await using var cluster = await StartAsync();
        cluster.WriteKubeconfig(Kubeconfig, @namespace: "shop");
        cluster.ServerCertificate = certificate;
        await using var registry = Registry();

        var fault = (await Assert.ThrowsAsync<ForwardException>(() => BrowseAsync(registry, "shop"))).Fault;

        Assert.Equal(FaultKind.TlsNotTrusted, fault.Kind);
        Assert.Contains(part, fault.Message);
        Assert.Empty(cluster.Requests.All);
    }

    [Theory]
    [InlineData("localhost", null)]
    [InlineData("wrong.example", "is not for 'wrong.example'")]
    public async Task Browse_TlsServerName_IsCheckedInsteadOfTheAddress(string name, string? refusal)
    {
        await using var cluster = await StartAsync();
        cluster.WriteKubeconfig(Kubeconfig, @namespace: "shop");
        await EditAsync("\"server\"", $"\"tls-server-name\":\"{name}\",\"server\"");
        await using var registry = Registry();

        if (refusal is null)
            Assert.NotEmpty((await BrowseAsync(registry, "shop")).Workloads);
        else
            Assert.Contains(refusal, (await Assert.ThrowsAsync<ForwardException>(() => BrowseAsync(registry, "shop"))).Fault.Message);
    }

    [Fact]
    public async Task Browse_ServerGone_SaysThatItRefuses()
    {
        await using var cluster = await StartAsync();
        cluster.WriteKubeconfig(Kubeconfig, @namespace: "shop");
        await cluster.StopServerAsync();
        await using var registry = Registry();
        var fault = (await Assert.ThrowsAsync<ForwardException>(() => BrowseAsync(registry, "shop"))).Fault;
        Assert.Equal(FaultKind.ServerUnreachable, fault.Kind);
        Assert.Contains("refuses connections", fault.Message);
    }

    [Theory]
    [InlineData("http")]
    [InlineData("socks5")]
    public async Task Browse_ProxyUrl_IsTaken(string scheme)
    {
        await using var cluster = await StartAsync();
        cluster.WriteKubeconfig(Kubeconfig, @namespace: "shop");
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(_timeout.Token);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var proxying = ProxyOnceAsync(listener, scheme, stopping.Token);
        await EditAsync("\"server\"", $"\"proxy-url\":\"{scheme}://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}\",\"server\"");
        await using (var registry = Registry())
        {
            var browser = new ClusterBrowser(registry);
            Assert.NotEmpty((await browser.BrowseAsync(new([Kubeconfig], "demo"), _timeout.Token)).Namespaces);
        }

        Assert.True(await proxying);
    }

    [Fact]
    public async Task Resolver_PodReplacedAndServerRestarted_FollowsBoth()
    {
        await using var cluster = await StartAsync();
        cluster.WriteKubeconfig(Kubeconfig, @namespace: "shop");
        await using var registry = Registry();
        var spec = new ForwardSpec
        {
            Id = "x", Alias = "x", Source = "s", Uri = "file:///x", Service = "web", RemotePort = new(80), Kubeconfig = Kubeconfig,
        };
        await using var answers = new TargetResolver(registry, TimeProvider.System).ResolveAsync(spec, _timeout.Token).GetAsyncEnumerator(_timeout.Token);

        var first = await UntilAsync(answers, r => r is Resolution.Ready);
        Assert.Equal(8080, ((Resolution.Ready)first).Pods.Single().Port);
        cluster.World.Restart("shop", "web");
        var second = await UntilAsync(answers, r => r is Resolution.Ready { Pods: [var only] } && only != ((Resolution.Ready)first).Pods[0]);

        await cluster.RestartServerAsync(_timeout.Token);
        cluster.World.Restart("shop", "web");
        await UntilAsync(answers, r => r is Resolution.Ready { Pods: [var only], Warning: null } && only != ((Resolution.Ready)second).Pods[0]);
        Assert.Equal(3, cluster.Requests.Count(r => r.Verb == "list"));
    }

    [Fact]
    public async Task Resolver_WatchDenied_PollsAndWarns()
    {
        await using var cluster = await StartAsync();
        cluster.Users.Add("dev");
        cluster.Rbac.Deny("dev", "watch", "*");
        cluster.WriteKubeconfig(Kubeconfig, "dev", @namespace: "shop");
        await using var registry = Registry();
        var spec = new ForwardSpec
        {
            Id = "x", Alias = "x", Source = "s", Uri = "file:///x", WorkloadType = WorkloadType.Pod, Selector = "app=web",
            RemotePort = new(0, "main"), Kubeconfig = Kubeconfig,
        };
        await using var answers = new TargetResolver(registry, TimeProvider.System).ResolveAsync(spec, _timeout.Token).GetAsyncEnumerator(_timeout.Token);

        var answer = await UntilAsync(answers, r => r is Resolution.Ready { Warning: not null });

        Assert.Contains("You may not watch pods", answer.Warning);
    }

    private static async Task<Resolution> UntilAsync(IAsyncEnumerator<Resolution> answers, Func<Resolution, bool> condition)
    {
        while (await answers.MoveNextAsync())
        {
            if (condition(answers.Current))
                return answers.Current;
        }

        throw new InvalidOperationException("It ended.");
    }

    private async Task<TestCluster> StartAsync()
    {
        var cluster = await TestCluster.StartAsync(null, _timeout.Token);
        cluster.World.AddDeployment("shop", "web", new PodSpec("web", "http", new PortSpec(8080, "main")));
        cluster.World.AddService("shop", "web", "web", new ServicePortSpec(80, "main"));
        await cluster.Pods.WaitReadyAsync("shop", "app=web", _timeout.Token);
        return cluster;
    }

    private static ClusterRegistry Registry() =>
        ClusterRegistry.Create(HostEnvironment.FromProcess(), _ => new NoDialer(), TimeProvider.System, NullLoggerFactory.Instance);

    private Task<BrowseResult> BrowseAsync(ClusterRegistry registry, string ns) =>
        new ClusterBrowser(registry).BrowseAsync(new([Kubeconfig], "demo", ns), _timeout.Token);

    private async Task EditAsync(string old, string now) => await File.WriteAllTextAsync(
        Kubeconfig, (await File.ReadAllTextAsync(Kubeconfig, _timeout.Token)).Replace(old, now), _timeout.Token);

    /// <summary>A proxy for one connection: understands one CONNECT, or one SOCKS5 request for an IPv4 address or a name.</summary>
    private static async Task<bool> ProxyOnceAsync(TcpListener listener, string scheme, CancellationToken cancellationToken)
    {
        using var client = await listener.AcceptTcpClientAsync(cancellationToken);
        var stream = client.GetStream();
        var buffer = new byte[4096];
        string host;
        int port;
        if (scheme == "http")
        {
            var length = await stream.ReadAsync(buffer, cancellationToken);
            var authority = Encoding.ASCII.GetString(buffer, 0, length).Split(' ')[1].Split(':');
            (host, port) = (authority[0], int.Parse(authority[1]));
        }
        else
        {
            await stream.ReadAtLeastAsync(buffer, 2, true, cancellationToken);
            await stream.WriteAsync(new byte[] { 5, 0 }, cancellationToken);
            var length = await stream.ReadAtLeastAsync(buffer, 10, true, cancellationToken);
            host = buffer[3] == 1 ? new IPAddress(buffer.AsSpan(4, 4)).ToString() : Encoding.ASCII.GetString(buffer, 5, buffer[4]);
            port = (buffer[length - 2] << 8) | buffer[length - 1];
        }

        using var server = new TcpClient();
        await server.ConnectAsync(host, port, cancellationToken);
        await stream.WriteAsync(scheme == "http" ? "HTTP/1.1 200 OK\r\n\r\n"u8.ToArray() : [5, 0, 0, 1, 0, 0, 0, 0, 0, 0], cancellationToken);
        var there = stream.CopyToAsync(server.GetStream(), cancellationToken);
        var back = server.GetStream().CopyToAsync(stream, cancellationToken);
        await Task.WhenAny(there, back);
        client.Close();
        server.Close();
        await Task.WhenAll(there, back).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return true;
    }

    private sealed class NoDialer : IPodDialer
    {
        public string? Transport => null;

        public ValueTask<ISessionLease> WarmAsync(PodTarget target, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<IPodStream> DialAsync(
            PodTarget target, ReadOnlyMemory<byte> firstBytes, TimeSpan halfCloseGrace, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public void Abandon(string @namespace, string pod, string uid) => throw new NotSupportedException();
    }
}
