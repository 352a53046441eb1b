using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes.Credentials;
using Kftray.Sidecar.Kubernetes.Examination;
using Kftray.Sidecar.Kubernetes.Watching;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>
/// One cluster as one context sees it: the road there, the watches that run over it, and the dialer to its pods. Lives until the
/// context leads to another server; new credentials change it in place and leave healthy sessions alone.
/// </summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly ApiServer _server;
    private readonly SharedWatches _watches;
    private readonly RetryPulse _pulse = new();

    public Cluster(
        KubeContext context,
        Func<KubeCluster, ClientCertificate?, IServerTransport> transports,
        Func<KubeContext, ICredentialSource> credentialSources,
        Func<IApiServer, IPodDialer> dialerFactory,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        Context = context;
        var server = _server = new(context, transports, credentialSources, _pulse.Fire, time, loggers.CreateLogger<ServerRoad>());
        Reader = new(server, time);
        Dialer = dialerFactory(server);
        Examiner = new(server, time);
        _watches = new(Reader, _pulse, Abandon, time, loggers.CreateLogger("Kftray.Sidecar.Kubernetes.Watching"));
    }

    /// <summary>The definition in use.</summary>
    public KubeContext Context { get; private set; }

    public ApiReader Reader { get; }

    public IPodDialer Dialer { get; }

    /// <summary>Looks at the way here piece by piece, for the doctor.</summary>
    public ClusterExaminer Examiner { get; }

    /// <summary>Whether the server answers.</summary>
    public ServerRoad Road => _server.Road;

    public WatchLease<T> Watch<T>(ResourceKind<T> kind, string ns)
        where T : IResource => _watches.Open(kind, ns);

    /// <summary>Follows one object by asking for it: for those who may not list.</summary>
    public WatchLease<T> Poll<T>(ResourceKind<T> kind, string ns, string name)
        where T : IResource => _watches.Open(kind, ns, name);

    /// <summary>What is known of a namespace led nowhere; if it was the connection that failed, so may all that goes over the same road.</summary>
    public void Doubt(string ns, Fault? fault)
    {
        if (fault is { Kind: FaultKind.ConnectionLost })
            Road.Doubt();
        _watches.Doubt(ns);
    }

    /// <summary>Every wait before a next attempt ends now, and a server that was reachable a moment ago has to prove it.</summary>
    /// <param name="userIsThere">True allows what the user would have to see.</param>
    public void RetryNow(bool userIsThere = false)
    {
        _server.RetryCredentials(userIsThere);
        Road.Retry();
        _pulse.Fire();
    }

    /// <summary>The user is there and signs in; what waits for that goes on by itself.</summary>
    /// <returns>Why there are still no credentials; null when there are.</returns>
    public Task<Fault?> SignInAsync(CancellationToken cancellationToken) => _server.SignInAsync(cancellationToken);

    /// <summary>Uses another user for the same server. Called by the registry only.</summary>
    public void UseCredentialsOf(KubeContext context)
    {
        Context = context;
        _server.UseCredentialsOf(context);
        RetryNow();
    }

    private void Abandon(IResource gone)
    {
        if (gone is PodInfo pod)
            Dialer.Abandon(pod.Namespace, pod.Name, pod.Uid);
    }

    public async ValueTask DisposeAsync()
    {
        await _watches.DisposeAsync();
        switch (Dialer)
        {
            case IAsyncDisposable dialer:
                await dialer.DisposeAsync();
                break;
            case IDisposable dialer:
                dialer.Dispose();
                break;
        }

        await _server.DisposeAsync();
    }
}
