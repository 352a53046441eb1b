using System.Net;
using Kftray.Testing.Admission;
using Kftray.Testing.Controllers;
using Kftray.Testing.Faults;
using Kftray.Testing.Http;
using Kftray.Testing.Network;
using Kftray.Testing.Pods;
using Kftray.Testing.PortForward;
using Kftray.Testing.Security;
using Kftray.Testing.Store;
using Kftray.Testing.World;

namespace Kftray.Testing;

/// <summary>
/// A Kubernetes cluster small enough to read and strict enough for an unmodified kubectl: an API server on a loopback port, controllers,
/// and pods made of real sockets. Any number of them live side by side in one process.
/// </summary>
public sealed class TestCluster : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly CertificateAuthority _authority;
    private readonly ServerCertificates _certificates;
    private readonly ObjectStore _store;
    private readonly DnsServer _dnsServer;
    private readonly PodResolver _resolver;
    private readonly ServiceProxy _services;
    private readonly Kubelet _kubelet;
    private readonly ApiHost _host;
    private readonly Task _controlling;
    private readonly string _pathPrefix;
    private int _isDisposed;

    private TestCluster(TestClusterOptions options)
    {
        var time = options.Time;
        _authority = new CertificateAuthority("kubernetes", time);
        _certificates = new ServerCertificates(_authority, time) { Shown = options.ServerCertificate };
        _store = new ObjectStore(time);
        var addresses = new LoopbackAddresses();
        var admission = new AdmissionChain(_store, addresses);
        var deletion = new Deletion(_store, time);
        var runtimeName = options.Runtime == RuntimeCharacter.Containerd ? "containerd" : "cri-o";
        var events = new EventRecorder(_store);
        Dns = new ClusterDns(_store);
        _dnsServer = new DnsServer(Dns, addresses.Next());
        _resolver = new PodResolver(Dns, _dnsServer.EndPoint);
        _kubelet = new Kubelet(
            _store,
            addresses,
            new BehaviourCatalog(options.Behaviours, options.DatagramBehaviours, time),
            _resolver,
            new PodSurroundings(Node, new ImageCatalog(options.Images), Faults.Images, events),
            runtimeName,
            time) { Timing = options.PodTiming };
        Runtime = options.Runtime;
        Users = new ClusterUsers(_authority, time);
        Users.Add("admin", "system:masters");
        World = new ClusterWorld(_store, admission);
        Pods = new ClusterPods(_store, _kubelet, deletion);
        Connections = new OpenConnections(Faults, time);
        var pipeline = new ApiPipeline(
            Users,
            Rbac,
            Faults,
            Requests,
            Connections,
            new ResourceEndpoint(_store, admission, deletion),
            new WatchEndpoint(_store, Faults, time, options.BookmarkInterval, _stopping.Token),
            new PortForwardEndpoint(_store, _kubelet, Sessions, options.Runtime, time, _stopping.Token),
            new LogEndpoint(_store, _kubelet, _stopping.Token),
            time);
        _host = new ApiHost(options.Port, PathPrefix.Wrap(options.PathPrefix, pipeline.HandleAsync), Connections, _certificates)
        {
            IsHttp11Only = options.IsHttp11Only,
            ClientShowed = Users.Verify,
        };
        _pathPrefix = options.PathPrefix;
        _services = new ServiceProxy(_store, _kubelet, time);
        var controlled = new ControlledPods(_store, admission, deletion, events);
        var controllers = new ControllerLoop(
            _store,
            [
                new NamespaceController(_store, deletion),
                new GarbageCollector(_store, deletion),
                new DeploymentController(_store, controlled),
                new JobController(_store, controlled, events, deletion, time),
                new QuotaController(_store),
                new EndpointSliceController(_store),
                _services,
                _resolver,
            ],
            time);
        _controlling = Task.WhenAll(_kubelet.RunAsync(_stopping.Token), controllers.RunAsync(_stopping.Token));
        foreach (var name in (string[])["default", "kube-system"]) World.AddNamespace(name);
    }

    /// <summary>The address of the API server.</summary>
    public Uri Server => new($"https://127.0.0.1:{_host.Port}{_pathPrefix}");

    /// <summary>The certificate authority, as PEM.</summary>
    public string AuthorityPem => _authority.Pem;

    /// <summary>The authority between that one and some certificates, as PEM.</summary>
    public string IntermediatePem => _certificates.Intermediate.Pem;

    /// <summary>The server's own certificate, as PEM.</summary>
    public string ServerCertificatePem => _certificates.Current.TargetCertificate.ExportCertificatePem();

    public RuntimeCharacter Runtime { get; }

    /// <summary>Who may sign in. <c>admin</c> is there from the beginning.</summary>
    public ClusterUsers Users { get; }

    /// <summary>Who may not do what.</summary>
    public Rbac Rbac { get; } = new();

    /// <summary>The names that pods can look up.</summary>
    public ClusterDns Dns { get; }

    /// <summary>The cluster's name server: on port 53 only where this process may bind that.</summary>
    public IPEndPoint NameServer => _dnsServer.EndPoint;

    /// <summary>
    /// True when the processes of pods resolve the cluster's names. They do on Linux as root, and for others where the kernel lets users
    /// make namespaces; elsewhere they resolve as this machine does, and tests of names are to be skipped.
    /// </summary>
    public bool PodsResolveNames => _resolver.IsEffective;

    /// <summary>What goes wrong.</summary>
    public ClusterFaults Faults { get; } = new();

    /// <summary>What was asked.</summary>
    public ObservedRequests Requests { get; } = new();

    /// <summary>The TCP connections of the API server.</summary>
    public OpenConnections Connections { get; }

    /// <summary>The port-forward sessions.</summary>
    public PortForwardSessions Sessions { get; } = new();

    /// <summary>Where pods run, or do not.</summary>
    public ClusterNode Node { get; } = new();

    /// <summary>Namespaces, services, deployments, pods: making and looking.</summary>
    public ClusterWorld World { get; }

    /// <summary>The pods as running things.</summary>
    public ClusterPods Pods { get; }

    /// <summary>The certificate that new connections are shown.</summary>
    public ServerCertificateKind ServerCertificate
    {
        get => _certificates.Shown;
        set => _certificates.Shown = value;
    }

    public static async Task<TestCluster> StartAsync(TestClusterOptions? options = null, CancellationToken cancellationToken = default)
    {
        var cluster = new TestCluster(options ?? new TestClusterOptions());
        try
        {
            await cluster._host.StartAsync(cancellationToken);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until a port of a service's cluster address leads to a ready pod, and tells where it is: other pods dial that.</summary>
    public Task<IPEndPoint> WaitForServiceAsync(string @namespace, string name, int port, CancellationToken cancellationToken, bool isUdp = false) =>
        _services.WaitOpenAsync(@namespace, name, port, isUdp, cancellationToken);

    /// <summary>Puts a fault in force; disposing what is returned heals it.</summary>
    public IDisposable Break(RequestFault fault)
    {
        var id = Faults.Add(fault);
        return new Revocation(() => Faults.Remove(id));
    }

    /// <summary>The same for the pulls of an image.</summary>
    public IDisposable Break(ImageFault fault)
    {
        var id = Faults.Images.Add(fault);
        return new Revocation(() => Faults.Images.Remove(id));
    }

    /// <summary>The API server is gone: every connection is reset and the port refuses. The pods live on.</summary>
    public Task StopServerAsync() => _host.StopAsync();

    /// <summary>The API server is back at the same address.</summary>
    public Task StartServerAsync(CancellationToken cancellationToken = default) => _host.StartAsync(cancellationToken);

    public async Task RestartServerAsync(CancellationToken cancellationToken = default)
    {
        await StopServerAsync();
        await StartServerAsync(cancellationToken);
    }

    /// <summary>A client certificate in one of the forms that there are.</summary>
    public ClientPem IssueClientCertificate(string user, ClientKeyForm form, bool isThroughIntermediate = false) =>
        ClientCredentials.Issue(_authority, isThroughIntermediate ? _certificates.Intermediate : null, user, form);

    /// <summary>An identity provider whose ID tokens this cluster takes.</summary>
    public Task<OidcProvider> StartOidcProviderAsync(string user, CancellationToken cancellationToken) =>
        OidcProvider.StartAsync(user, Users.Tokens, _certificates, cancellationToken);

    /// <summary>A proxy that leads to this cluster, whatever host it is asked for.</summary>
    public TestProxy StartProxy(ProxyKind kind, string? credentials = null) => new(kind, _host.Port, credentials, _certificates);

    /// <summary>Forgets the history: watches from before get 410.</summary>
    public void CompactHistory() => _store.Compact();

    /// <summary>Writes a kubeconfig with one context.</summary>
    public void WriteKubeconfig(
        string path,
        string user = "admin",
        string contextName = "demo",
        string? @namespace = null,
        CredentialKind credential = CredentialKind.ClientCertificate) =>
        WriteKubeconfig(path, new KubeconfigContext(contextName, user, @namespace, credential));

    /// <summary>Writes a kubeconfig; the first context is the current one.</summary>
    public void WriteKubeconfig(string path, params KubeconfigContext[] contexts) =>
        Kubeconfig.Write(path, Kubeconfig.Build(Server.ToString().TrimEnd('/'), AuthorityPem, Users, contexts));

    /// <summary>Ends the server, the controllers and every pod, and returns when nothing of them is left.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        await _stopping.CancelAsync();
        await _controlling;
        // Together: a session ends at once only when both its client and its pod have.
        await Task.WhenAll(_host.DisposeAsync().AsTask(), _kubelet.DisposeAsync().AsTask());
        await _services.DisposeAsync();
        await _dnsServer.DisposeAsync();
        _resolver.Dispose();
        Users.Dispose();
        _certificates.Dispose();
        _authority.Dispose();
        _stopping.Dispose();
    }
}
