using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Tests.Forwarding;

/// <summary>The consumer of a feed, as the editor is one: keeps every batch, and lets a test wait for what a batch says.</summary>
internal sealed class FeedReader : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _reading;
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly List<ForwardsChangedParams> _batches = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FeedReader(ForwardFeed feed) => _reading = ReadAsync(feed);

    public IReadOnlyList<ForwardsChangedParams> Batches
    {
        get
        {
            lock (_lock)
                return [.. _batches];
        }
    }

    /// <summary>Every snapshot of one forward so far, oldest first.</summary>
    public IReadOnlyList<ForwardSnapshot> Of(string id) => [.. Batches.SelectMany(batch => batch.Snapshots).Where(snapshot => snapshot.Id == id)];

    /// <summary>The newest snapshot of the forward, once it says this.</summary>
    public Task<ForwardSnapshot> Becomes(string id, ForwardStatus status, CancellationToken timeout) =>
        Becomes(id, snapshot => snapshot.Status == status, timeout);

    public async Task<ForwardSnapshot> Becomes(string id, Func<ForwardSnapshot, bool> wanted, CancellationToken timeout)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
                changed = _changed.Task;
            if (Of(id) is [.., var last] && wanted(last))
                return last;
            await changed.WaitAsync(timeout);
        }
    }

    public async Task WaitFor(Func<IReadOnlyList<ForwardsChangedParams>, bool> wanted, CancellationToken timeout)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
                changed = _changed.Task;
            if (wanted(Batches))
                return;
            await changed.WaitAsync(timeout);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ReadAsync(ForwardFeed feed)
    {
        await foreach (var batch in feed.ReadAllAsync(_stopping.Token))
        {
            lock (_lock)
            {
                _batches.Add(batch);
                _changed.TrySetResult();
                _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}
