using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Endpoints;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.PortForward;
using Kftray.Sidecar.Targets;
using Kftray.Sidecar.Workspace;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar;

/// <summary>The one place where the parts are put together; the pipe and the terminal drive the same.</summary>
internal sealed class Engine : IEngine
{
    private readonly CurrentWorkspace _workspace = new();
    private readonly ClusterRegistry _clusters;
    private readonly ClusterBrowser _browser;
    private readonly ForwardSet _forwards;

    private Engine(ClusterRegistry clusters, ForwardSet forwards)
    {
        _clusters = clusters;
        _browser = new ClusterBrowser(clusters);
        _forwards = forwards;
    }

    public IReadOnlyList<ForwardSnapshot> Snapshots => _forwards.Snapshots;

    /// <summary>Opens nothing: kubeconfigs, sockets and clusters come with the first forward that needs them.</summary>
    public static Engine Create(TimeProvider time, ILoggerFactory loggers)
    {
        var clusters = ClusterRegistry.Create(server => new PodDialer(server, time, loggers), time, loggers);
        return new(clusters, new ForwardSet(new TcpEndpointBinder(), new TargetResolver(clusters, time), time, loggers));
    }

    public async Task<ApplyResult> ApplyAsync(ApplyParams wanted, CancellationToken cancellationToken)
    {
        var model = _workspace.Apply(wanted);
        await _forwards.ApplyAsync(model.Forwards, wanted.Enabled.ToHashSet(), cancellationToken);
        return new ApplyResult(model.Problems, model.Ranges);
    }

    public bool Contains(string id) => _forwards.Contains(id);

    public bool Retry(string id)
    {
        // The forward waits for its port, the watches behind it for their cluster: whichever it is, the user wants it tried now.
        _clusters.RetryNow();
        return _forwards.Retry(id);
    }

    public Task<bool> RestartAsync(string id) => _forwards.RestartAsync(id);

    public Task<BrowseResult> BrowseAsync(BrowseParams query, CancellationToken cancellationToken) =>
        _browser.BrowseAsync(query, cancellationToken);

    public IAsyncEnumerable<ForwardsChangedParams> ReadChangesAsync(CancellationToken stopping) => _forwards.Feed.ReadAllAsync(stopping);

    public async ValueTask DisposeAsync()
    {
        // The forwards' sessions lead through the clusters: first those who use, then what they used.
        await _forwards.DisposeAsync();
        await _clusters.DisposeAsync();
    }
}
