using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Diagnostics;
using Kftray.Sidecar.Diagnostics.Checks;
using Kftray.Sidecar.Endpoints;
using Kftray.Sidecar.Endpoints.Owners;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.PortForward;
using Kftray.Sidecar.Relay;
using Kftray.Sidecar.Targets;
using Kftray.Sidecar.Workspace;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar;

/// <summary>The one place where the parts are put together; the pipe and the terminal drive the same.</summary>
internal sealed class Engine : IEngine
{
    private readonly WorkspaceHost _workspaceHost;
    private readonly CurrentWorkspace _workspace;
    private readonly ClusterRegistry _clusters;
    private readonly BrowseMemory _browser;
    private readonly TargetResolver _resolver;
    private readonly EndpointBinder _binder;
    private readonly ForwardSet _forwards;
    private readonly Doctor _doctor;
    private readonly HostChanges _host;
    private readonly RelaySet _relays;
    private readonly RelayInventory _inventory;
    private readonly IdleMemory _memory;
    private readonly SessionLimits _limits;

    private Engine(ClusterRegistry clusters, SessionLimits limits, TimeProvider time, ILoggerFactory loggers)
    {
        _relays = new RelaySet(RelayOwner.OfProcess(), time, loggers);
        _inventory = new RelayInventory(clusters, _relays);
        _clusters = clusters;
        _workspaceHost = WorkspaceHost.FromProcess(kubeconfig => clusters.WatchKubeconfig(kubeconfig).Current.Value.Kubeconfig?.Contexts);
        _workspace = new(_workspaceHost);
        _limits = limits;
        _browser = new BrowseMemory(new ClusterBrowser(clusters), time);
        _host = new HostChanges(clusters.RetryNow, time, loggers.CreateLogger<HostChanges>());
        _memory = IdleMemory.OfProcess(time);
        _resolver = new TargetResolver(clusters, _relays, time, loggers);
        var owners = PortOwners.OfThisSystem(time);
        _binder = new EndpointBinder(owners, time);
        var dependencies = new ForwardDependencies(_binder, _resolver, time, loggers);
        _forwards = new ForwardSet(dependencies);
        _doctor = new Doctor(AllChecks.Create(clusters, owners, dependencies), time, loggers.CreateLogger<Doctor>());
    }

    public IReadOnlyList<ForwardSnapshot> Snapshots => _forwards.Snapshots;

    public static Engine Create(TimeProvider time, ILoggerFactory loggers) => Create(HostEnvironment.FromProcess(), time, loggers);

    /// <param name="environment">What the kubeconfig rules take from the machine.</param>
    public static Engine Create(HostEnvironment environment, TimeProvider time, ILoggerFactory loggers)
    {
        var limits = new SessionLimits();
        return new(ClusterRegistry.Create(environment, server => new PodDialer(server, limits, time, loggers), time, loggers), limits, time, loggers);
    }

    public async Task<ApplyResult> ApplyAsync(ApplyParams wanted, CancellationToken cancellationToken)
    {
        _limits.PerPod = wanted.Settings.MaxSessionsPerPod;
        var model = _workspace.Apply(wanted);
        await _forwards.ApplyAsync(model.Forwards, wanted.Enabled.ToHashSet(), cancellationToken);
        return new ApplyResult(model.Problems, model.Ranges);
    }

    public bool Contains(string id) => _forwards.Contains(id);

    public bool Retry(string id)
    {
        // What a forward waits for may be an attempt of its cluster's watches, not of its own.
        if (!_forwards.Retry(id))
            return false;
        _clusters.RetryNow();
        if (_forwards.RunningSpec(id) is { } spec)
            _resolver.RetryForUser(spec);
        return true;
    }

    public async Task<SignInResult?> SignInAsync(string id, CancellationToken cancellationToken) =>
        _forwards.RunningSpec(id) is { } spec ? new(await _resolver.SignInAsync(spec, cancellationToken)) : null;

    public Task<bool> RestartAsync(string id) => _forwards.RestartAsync(id);

    public async Task<Diagnosis?> DiagnoseAsync(string id, CancellationToken cancellationToken) =>
        _forwards.Look(id) is var (spec, snapshot) ? await _doctor.ExamineAsync(new(spec, snapshot), cancellationToken) : null;

    public async Task<FollowLogResult?> FollowLogAsync(
        FollowLogParams wanted, Func<PodLogParams, CancellationToken, ValueTask> write, CancellationToken cancellationToken)
    {
        // The log of a relay says nothing about what it leads to.
        if (_forwards.Look(wanted.Id) is not ({ } spec, { ThroughRelay: false, Pods: [var pod, ..] } snapshot))
            return null;
        await PodLog.FollowAsync(
            _clusters, spec.Kubeconfig, snapshot.Context, snapshot.Namespace!, pod, wanted.TailLines,
            (text, token) => write(new(wanted.Id, pod, text), token), cancellationToken);
        return new(pod);
    }

    public Task<ProbePortResult> ProbePortAsync(ProbePortParams wanted, CancellationToken cancellationToken) =>
        _binder.ProbeAsync(wanted, _forwards.Snapshots, cancellationToken);

    public Task<BrowseResult> BrowseAsync(BrowseParams query, CancellationToken cancellationToken) => _browser.BrowseAsync(query, cancellationToken);

    public Task<RelayListResult> ListRelaysAsync(RelayListParams query, CancellationToken cancellationToken) => _inventory.ListAsync(query, cancellationToken);

    public Task<RelayRemoveResult> RemoveRelaysAsync(RelayRemoveParams wanted, CancellationToken cancellationToken) =>
        _inventory.RemoveAsync(wanted, cancellationToken);

    public TransferResult Import(string text) => Transfer.Import(text);

    public TransferResult Export(ApplyParams documents) => Transfer.Export(WorkspaceReader.Read(documents, _workspaceHost));

    public IAsyncEnumerable<ForwardsChangedParams> ReadChangesAsync(CancellationToken stopping) => _forwards.Feed.ReadAllAsync(stopping);

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _memory.DisposeAsync();
        // Forwards before clusters: connections end before the sessions under them, and relays are removed over the same road.
        await _forwards.DisposeAsync();
        await _relays.DisposeAsync();
        await _browser.DisposeAsync();
        await _clusters.DisposeAsync();
    }
}
