using System.Runtime.CompilerServices;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Endpoints;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Workspace;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar;

/// <summary>The one place where the parts are put together; the pipe and the terminal drive the same.</summary>
internal sealed class Engine : IEngine
{
    private readonly CurrentWorkspace _workspace = new();
    private readonly ForwardSet _forwards;

    private Engine(ForwardSet forwards) => _forwards = forwards;

    public IReadOnlyList<ForwardSnapshot> Snapshots => _forwards.Snapshots;

    public static Engine Create(TimeProvider time, ILoggerFactory loggers) =>
        new(new ForwardSet(new TcpEndpointBinder(), new ClusterIsMissing(), time, loggers));

    public async Task<ApplyResult> ApplyAsync(ApplyParams wanted, CancellationToken cancellationToken)
    {
        var model = _workspace.Apply(wanted);
        await _forwards.ApplyAsync(model.Forwards, wanted.Enabled.ToHashSet(), cancellationToken);
        return new ApplyResult(model.Problems, model.Ranges);
    }

    public bool Contains(string id) => _forwards.Contains(id);

    public bool Retry(string id) => _forwards.Retry(id);

    public Task<bool> RestartAsync(string id) => _forwards.RestartAsync(id);

    public Task<BrowseResult> BrowseAsync(BrowseParams query, CancellationToken cancellationToken) => throw ClusterIsMissing.Fault();

    public IAsyncEnumerable<ForwardsChangedParams> ReadChangesAsync(CancellationToken stopping) => _forwards.Feed.ReadAllAsync(stopping);

    public ValueTask DisposeAsync() => _forwards.DisposeAsync();

    // Stands where the resolver of the cluster comes.
    private sealed class ClusterIsMissing : ITargetResolver
    {
        public static ForwardException Fault() => new(new(FaultKind.NotSupported, "This build cannot reach clusters yet."));

        public async IAsyncEnumerable<Resolution> ResolveAsync(ForwardSpec spec, [EnumeratorCancellation] CancellationToken stopping)
        {
            await Task.CompletedTask;
            yield return new Resolution.Unavailable(Fault().Fault, WaitingFor.User);
        }
    }
}
