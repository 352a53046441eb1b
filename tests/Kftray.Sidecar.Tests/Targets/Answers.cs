using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Targets;
using Kftray.Sidecar.Tests.Kubernetes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Kftray.Sidecar.Tests.Targets;

/// <summary>What the resolver says about a forward, one by one.</summary>
internal sealed class Answers : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly IAsyncEnumerator<Resolution> _answers;
    private Task<Resolution>? _pending;

    public Answers(TargetResolver resolver, ForwardSpec spec) =>
        _answers = resolver.ResolveAsync(spec, _stopping.Token).GetAsyncEnumerator(_stopping.Token);

    public static ForwardSpec Spec(string? service, int number, string? name = null) => new()
    {
        Id = "x", Alias = "x", Source = "s", Uri = "file:///x", Service = service, RemotePort = new(number, name),
    };

    public static Answers Resolve(World world, ForwardSpec spec) => new(new TargetResolver(world.Registry, world.Relays, world.Time, NullLoggerFactory.Instance), spec);

    public async Task<Resolution> NextAsync()
    {
        var answer = await (_pending ??= MoveAsync()).WaitAsync(TimeSpan.FromSeconds(20));
        _pending = null;
        return answer;
    }

    public async Task<Resolution.Unavailable> UnavailableAsync() => Assert.IsType<Resolution.Unavailable>(await NextAsync());

    public async Task<IEnumerable<string>> PodsAsync() => Assert.IsType<Resolution.Ready>(await NextAsync()).Pods.Select(p => p.Name);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_pending is not null)
            await ((Task)_pending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _answers.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task<Resolution> MoveAsync() =>
        await _answers.MoveNextAsync() ? _answers.Current : throw new InvalidOperationException("It ended.");
}
