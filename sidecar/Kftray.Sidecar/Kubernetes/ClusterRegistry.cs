using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes.Credentials;
using Kftray.Sidecar.Kubernetes.Network;
using Kftray.Sidecar.Kubernetes.Watching;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>
/// Owns every kubeconfig that is followed and every cluster that is in use, one for each kubeconfig and context. A cluster once opened
/// stays, so that credentials and connections outlive a restart of its forwards; it opens nothing by itself.
/// </summary>
internal sealed partial class ClusterRegistry(
    HostEnvironment environment,
    Func<KubeCluster, ClientCertificate?, IServerTransport> transports,
    CredentialSources credentials,
    Func<IApiServer, IPodDialer> dialerFactory,
    TimeProvider time,
    ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger<ClusterRegistry>();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, KubeconfigWatch> _kubeconfigs = [];
    private readonly Dictionary<(KubeconfigWatch Kubeconfig, string Context), Cluster> _clusters = [];
    private readonly List<Task> _closing = [];
    private bool _disposed;

    /// <summary>The registry of the product: real sockets, real plugins.</summary>
    /// <param name="dialerFactory">Makes the dialer of a cluster; it is disposed with the cluster.</param>
    public static ClusterRegistry Create(
        HostEnvironment environment, Func<IApiServer, IPodDialer> dialerFactory, TimeProvider time, ILoggerFactory loggers)
    {
        var proxies = new EnvironmentProxy(environment);
        var shell = new LoginShell(environment, time, loggers.CreateLogger<LoginShell>());
        var plugins = new PluginRunner(environment, new PluginSearchPath(environment, shell), time);
        IServerTransport Transport(KubeCluster cluster, ClientCertificate? certificate) =>
            new ServerTransport(cluster, certificate?.Context, cluster.Proxy ?? proxies.For(cluster.Server));
        return new(environment, Transport, new CredentialSources(plugins, server => Transport(server, null), time, loggers), dialerFactory, time, loggers);
    }

    /// <summary>Follows a kubeconfig setting: see <see cref="KubeconfigPaths.Find"/>.</summary>
    public KubeconfigWatch WatchKubeconfig(string? setting)
    {
        var paths = KubeconfigPaths.Find(setting, environment);
        // A file that somebody named is not replaced by what a pod has.
        var isDefault = KubeconfigPaths.IsDefault(setting);
        var key = string.Join(Path.PathSeparator, paths) + (isDefault ? "" : "\n");
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_kubeconfigs.TryGetValue(key, out var watch))
                _kubeconfigs.Add(key, watch = new(paths, time, loggers.CreateLogger<KubeconfigWatch>(), isDefault ? InCluster.Find(environment) : null));
            return watch;
        }
    }

    /// <summary>The cluster that a context leads to as the kubeconfig is now.</summary>
    /// <param name="context">Null means the current context.</param>
    /// <exception cref="ForwardException">The kubeconfig or the context cannot be used.</exception>
    public (Cluster Cluster, KubeContext Context) Open(KubeconfigWatch kubeconfig, string? context)
    {
        // Read inside the lock: a caller that was slow must not put an older definition back.
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var state = kubeconfig.Current.Value;
            if (state.Kubeconfig is null)
                throw new ForwardException(state.Fault!);
            var definition = state.Kubeconfig.Resolve(context);
            return (Open((kubeconfig, definition.Name), definition), definition);
        }
    }

    /// <summary>Everything that waits before its next attempt tries now: the user asked, the network changed, the machine woke up.</summary>
    public void RetryNow()
    {
        lock (_gate)
        {
            foreach (var cluster in _clusters.Values)
                cluster.RetryNow();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] closing;
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            closing = [.. _closing, .. _clusters.Values.Select(c => c.DisposeAsync().AsTask()), .. _kubeconfigs.Values.Select(k => k.DisposeAsync().AsTask())];
        }

        await Task.WhenAll(closing);
        await credentials.DisposeAsync();
    }

    // Called inside the gate.
    private Cluster Open((KubeconfigWatch, string) key, KubeContext definition)
    {
        if (_clusters.TryGetValue(key, out var cluster))
        {
            if (cluster.Context.Cluster.Fingerprint == definition.Cluster.Fingerprint)
            {
                if (cluster.Context.User.Fingerprint != definition.User.Fingerprint)
                {
                    Log.CredentialsReplaced(_logger, definition.Name);
                    cluster.UseCredentialsOf(definition);
                }

                return cluster;
            }

            Log.Replaced(_logger, definition.Name, definition.Cluster.Server);
            // Closed at once, so that nobody types into the wrong database; awaited when the registry ends.
            _closing.RemoveAll(task => task.IsCompletedSuccessfully);
            _closing.Add(cluster.DisposeAsync().AsTask());
        }

        Log.Opened(_logger, definition.Name, definition.Cluster.Server);
        var opened = new Cluster(definition, transports, credentials.For, dialerFactory, time, loggers);
        _clusters[key] = opened;
        return opened;
    }
}
