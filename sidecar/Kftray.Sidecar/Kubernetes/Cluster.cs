using Kftray.Sidecar.Forwarding;
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

    public Cluster(KubeContext context, ApiServer server, Func<IApiServer, IPodDialer> dialerFactory, TimeProvider time, ILoggerFactory loggers)
    {
        Context = context;
        _server = server;
        Reader = new(server, time);
        Dialer = dialerFactory(server);
        _watches = new(Reader, _pulse, time, loggers.CreateLogger("Kftray.Sidecar.Kubernetes.Watching"));
    }

    /// <summary>The definition in use.</summary>
    public KubeContext Context { get; private set; }

    public ApiReader Reader { get; }

    public IPodDialer Dialer { get; }

    public WatchLease<T> Watch<T>(ResourceKind<T> kind, string ns)
        where T : IResource => _watches.Open(kind, ns);

    /// <summary>Follows one object by asking for it: for those who may not list.</summary>
    public WatchLease<T> Poll<T>(ResourceKind<T> kind, string ns, string name)
        where T : IResource => _watches.Open(kind, ns, name);

    /// <summary>Every wait before a next attempt ends now.</summary>
    public void RetryNow() => _pulse.Fire();

    /// <summary>Uses another user for the same server. Called by the registry only.</summary>
    public void UseCredentialsOf(KubeContext context)
    {
        Context = context;
        _server.UseCredentialsOf(context);
        RetryNow();
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

        _server.Dispose();
    }
}
