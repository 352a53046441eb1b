using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Tests.Rpc;

/// <summary>An engine that runs no forward: it answers as the test says and remembers what it was asked.</summary>
internal sealed class FakeEngine : IEngine
{
    private readonly Channel<ForwardsChangedParams> _changes = Channel.CreateUnbounded<ForwardsChangedParams>();

    public List<ForwardSnapshot> Forwards { get; } = [];

    public List<ApplyParams> Applied { get; } = [];

    public List<string> Asked { get; } = [];

    public bool IsRunning { get; set; } = true;

    public bool IsDisposed { get; private set; }

    /// <summary>What an apply does; by default it succeeds at once.</summary>
    public Func<ApplyParams, CancellationToken, Task<ApplyResult>> OnApply { get; set; } = (_, _) => Task.FromResult(new ApplyResult([], []));

    public Func<BrowseParams, CancellationToken, Task<BrowseResult>> OnBrowse { get; set; } =
        (_, _) => Task.FromResult(new BrowseResult([], null, [], null, []));

    public Func<string, Diagnosis> OnDiagnose { get; set; } = id => new(id, id, "svc/x:80", $"{id} works from end to end.", null, null, [], 12, "# x");

    public Func<Task> OnDispose { get; set; } = () => Task.CompletedTask;

    public IReadOnlyList<ForwardSnapshot> Snapshots => Forwards;

    public bool Contains(string id) => Forwards.Exists(forward => forward.Id == id);

    public void Push(params ForwardSnapshot[] forwards) => _changes.Writer.TryWrite(new(forwards, []));

    public void BreakFeed(Exception exception) => _changes.Writer.Complete(exception);

    public Task<ApplyResult> ApplyAsync(ApplyParams wanted, CancellationToken cancellationToken)
    {
        Applied.Add(wanted);
        return OnApply(wanted, cancellationToken);
    }

    public bool Retry(string id)
    {
        Asked.Add($"retry {id}");
        return IsRunning;
    }

    public Task<bool> RestartAsync(string id)
    {
        Asked.Add($"restart {id}");
        return Task.FromResult(IsRunning);
    }

    public Task<Diagnosis?> DiagnoseAsync(string id, CancellationToken cancellationToken)
    {
        Asked.Add($"diagnose {id}");
        return Task.FromResult(Contains(id) ? OnDiagnose(id) : null);
    }

    public Task<SignInResult?> SignInAsync(string id, CancellationToken cancellationToken)
    {
        Asked.Add($"sign in {id}");
        return Task.FromResult(IsRunning ? new SignInResult(null) : null);
    }

    public Task<BrowseResult> BrowseAsync(BrowseParams query, CancellationToken cancellationToken) => OnBrowse(query, cancellationToken);

    /// <summary>What the pod of every forward says; null: there is none.</summary>
    public string[]? PodLog { get; set; } = [];

    public async Task<FollowLogResult?> FollowLogAsync(
        FollowLogParams wanted, Func<PodLogParams, CancellationToken, ValueTask> write, CancellationToken cancellationToken)
    {
        foreach (var text in PodLog ?? [])
            await write(new(wanted.Id, "web-0", text), cancellationToken);
        return PodLog is null ? null : new("web-0");
    }

    public Task<ProbePortResult> ProbePortAsync(ProbePortParams wanted, CancellationToken cancellationToken) =>
        Task.FromResult(new ProbePortResult(null, wanted.Port));

    /// <summary>The relays that there are.</summary>
    public List<RelayInfo> Relays { get; } = [];

    public Task<RelayListResult> ListRelaysAsync(RelayListParams query, CancellationToken cancellationToken) =>
        Task.FromResult(new RelayListResult(Relays, []));

    public Task<RelayRemoveResult> RemoveRelaysAsync(RelayRemoveParams wanted, CancellationToken cancellationToken)
    {
        Relays.RemoveAll(wanted.Relays.Contains);
        return Task.FromResult(new RelayRemoveResult(wanted.Relays, []));
    }

    public TransferResult Import(string text) => new(text, 1, []);

    public TransferResult Export(ApplyParams documents) => new("[]", documents.Documents.Count, []);

    public async IAsyncEnumerable<ForwardsChangedParams> ReadChangesAsync([EnumeratorCancellation] CancellationToken stopping)
    {
        await foreach (var change in _changes.Reader.ReadAllAsync(stopping))
            yield return change;
    }

    public async ValueTask DisposeAsync()
    {
        await OnDispose();
        IsDisposed = true;
    }
}
