using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>
/// Answers the pickers, and remembers the answers for completion: that one is asked at every key and may never wait for a cluster. What is
/// old is asked for again in the background, once at a time.
/// </summary>
internal sealed class BrowseMemory(ClusterBrowser browser, TimeProvider time) : IAsyncDisposable
{
    /// <summary>What is younger is not asked for again.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(15);

    /// <summary>So many places are remembered; the one that was filled longest ago makes room.</summary>
    private const int Capacity = 200;

    private static readonly BrowseResult Nothing = new([], null, [], null, []);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Kubeconfig, string? Context, string? Namespace), Entry> _entries = [];
    private readonly TaskSet _refreshes = new();
    private readonly CancellationTokenSource _stopping = new();

    /// <exception cref="ForwardException">The kubeconfig cannot be used, or the cluster could not or would not answer. Never when only remembered.</exception>
    public async Task<BrowseResult> BrowseAsync(BrowseParams query, CancellationToken cancellationToken)
    {
        if (query.Remembered)
            return Recall(query);
        var result = await browser.BrowseAsync(query, cancellationToken);
        Remember(query, result);
        return result;
    }

    /// <summary>Completes when nothing is being asked in the background any more.</summary>
    public Task RefreshedAsync() => _refreshes.WhenEmptyAsync();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await RefreshedAsync();
        _stopping.Dispose();
    }

    private BrowseResult Recall(BrowseParams query)
    {
        lock (_gate)
        {
            var key = KeyOf(query);
            if (!_entries.TryGetValue(key, out var entry))
                _entries.Add(key, entry = new Entry(Nothing));
            if (!entry.IsRefreshing && !(time.GetElapsedTime(entry.Timestamp) < Fresh && entry.IsKnown))
            {
                entry.IsRefreshing = true;
                _refreshes.Add(RefreshAsync(query, entry));
            }

            return entry.Result;
        }
    }

    private async Task RefreshAsync(BrowseParams query, Entry entry)
    {
        // Away from the lock, and from whoever is waiting for completion.
        await Task.Yield();
        var result = entry.Result;
        try
        {
            result = await browser.BrowseAsync(query, _stopping.Token);
        }
        catch (ForwardException)
        {
            // A picker would say why. Completion goes on with what it knew.
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return;
        }

        lock (_gate)
        {
            entry.IsRefreshing = false;
            entry.Set(result, time.GetTimestamp());
        }
    }

    private void Remember(BrowseParams query, BrowseResult result)
    {
        lock (_gate)
        {
            var key = KeyOf(query);
            if (!_entries.TryGetValue(key, out var entry))
                _entries.Add(key, entry = new Entry(result));
            entry.Set(result, time.GetTimestamp());
            if (_entries.Count > Capacity)
                _entries.Remove(_entries.MinBy(e => e.Value.Timestamp).Key);
        }
    }

    private static (string, string?, string?) KeyOf(BrowseParams query) =>
        (string.Join(Path.PathSeparator, query.Kubeconfig ?? []), query.Context, query.Namespace);

    /// <summary>Guarded by the gate.</summary>
    private sealed class Entry(BrowseResult result)
    {
        public BrowseResult Result { get; private set; } = result;

        public long Timestamp { get; private set; }

        public bool IsKnown { get; private set; }

        public bool IsRefreshing { get; set; }

        public void Set(BrowseResult result, long timestamp)
        {
            Result = result;
            Timestamp = timestamp;
            IsKnown = true;
        }
    }
}
