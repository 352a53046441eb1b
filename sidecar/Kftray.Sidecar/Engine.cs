using System.Runtime.CompilerServices;
using Kftray.Sidecar.Contract;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar;

/// <summary>The one place where the parts are put together. Until they are all here it knows no forwards.</summary>
internal sealed class Engine : IEngine
{
    private readonly TimeProvider _time;

    private Engine(TimeProvider time) => _time = time;

    public IReadOnlyList<ForwardSnapshot> Snapshots => [];

    public static Engine Create(TimeProvider time, ILoggerFactory loggers) => new(time);

    public Task<ApplyResult> ApplyAsync(ApplyParams wanted, CancellationToken cancellationToken) => Task.FromResult(new ApplyResult([], []));

    public bool Retry(string id) => false;

    public Task<bool> RestartAsync(string id) => Task.FromResult(false);

    public Task<BrowseResult> BrowseAsync(BrowseParams query, CancellationToken cancellationToken) =>
        Task.FromResult(new BrowseResult([], null, [], null, []));

    public async IAsyncEnumerable<ForwardsChangedParams> ReadChangesAsync([EnumeratorCancellation] CancellationToken stopping)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, _time, stopping);
        yield break;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
