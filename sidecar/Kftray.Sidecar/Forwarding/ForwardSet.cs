using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Forwarding;

/// <summary>Owns every forward. Makes what runs equal to what is wanted.</summary>
internal sealed class ForwardSet(ForwardDependencies dependencies) : IAsyncDisposable
{
    private readonly SemaphoreSlim _applying = new(1, 1);

    // Replaced as a whole by ApplyAsync, inside _applying; read by anyone.
    private volatile IReadOnlyList<Forward> _forwards = [];
    private bool _disposed;

    public ForwardFeed Feed { get; } = new(dependencies.Time);

    /// <summary>Every known forward, in the order of the last apply.</summary>
    public IReadOnlyList<ForwardSnapshot> Snapshots => [.. _forwards.Select(forward => forward.TakeSnapshot(handOutPreviousId: false))];

    /// <summary>Starts, stops, keeps and renames until exactly the enabled forwards of <paramref name="specs"/> run. Idempotent.</summary>
    public async Task ApplyAsync(IReadOnlyList<ForwardSpec> specs, IReadOnlySet<string> enabled, CancellationToken cancellationToken)
    {
        await _applying.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var plan = ForwardPlan.Make(_forwards, specs);
            // What goes releases its ports before anything that comes asks for them.
            var unwanted = plan.Kept.Where(pair => !IsWanted(pair.Spec)).Select(pair => pair.Forward);
            await Task.WhenAll(plan.Removed.Concat(unwanted).Select(forward => forward.StopAsync()));

            // After the stop, which is the last thing that they have to say.
            var ids = specs.Select(spec => spec.Id).ToHashSet();
            foreach (var gone in plan.Removed)
                Feed.MarkRemoved(gone, isReplaced: ids.Contains(gone.Spec.Id));

            List<Forward> forwards = [];
            var kept = plan.Kept.ToDictionary(kept => kept.Spec.Id, kept => kept.Forward);
            foreach (var spec in specs)
            {
                if (!kept.TryGetValue(spec.Id, out var forward))
                {
                    forward = new Forward(spec, dependencies, Feed);
                    Feed.MarkChanged(forward);
                }
                else
                {
                    forward.Update(spec);
                }

                forwards.Add(forward);
                if (IsWanted(spec))
                    forward.Start();
            }

            _forwards = forwards;

            // A renamed forward that was enabled under its old name runs on: the editor learns the new one from `previousId`.
            bool IsWanted(ForwardSpec spec) =>
                spec.Blocked is not null || enabled.Contains(spec.Id) || plan.Renamed.TryGetValue(spec.Id, out var old) && enabled.Contains(old);
        }
        finally
        {
            _applying.Release();
        }
    }

    /// <summary>Tries at once what a reconnecting or failed forward waits for.</summary>
    /// <returns>False when no such forward is running.</returns>
    public bool Retry(string id)
    {
        if (Find(id) is not { IsRunning: true } forward)
            return false;
        forward.Retry();
        return true;
    }

    /// <summary>Closes the forward with its connections and starts it again.</summary>
    /// <returns>False when no such forward is running.</returns>
    public async Task<bool> RestartAsync(string id)
    {
        await _applying.WaitAsync();
        try
        {
            if (Find(id) is not { IsRunning: true } forward)
                return false;
            await forward.StopAsync();
            forward.Start();
            return true;
        }
        finally
        {
            _applying.Release();
        }
    }

    /// <summary>True when the last apply defined such a forward, running or not.</summary>
    public bool Contains(string id) => Find(id) is not null;

    /// <summary>What a forward that may run, and does, is meant to be; null when there is none.</summary>
    public ForwardSpec? RunningSpec(string id) => Find(id) is { IsRunning: true, Spec: { Blocked: null } spec } ? spec : null;

    /// <summary>What the forward should be and what it is; null when the last apply defined no such forward.</summary>
    public (ForwardSpec Spec, ForwardSnapshot Snapshot)? Look(string id) =>
        Find(id) is { } forward ? (forward.Spec, forward.TakeSnapshot(handOutPreviousId: false)) : null;

    /// <summary>Closes every listener and every connection.</summary>
    public async ValueTask DisposeAsync()
    {
        await _applying.WaitAsync();
        try
        {
            _disposed = true;
            await Task.WhenAll(_forwards.Select(forward => forward.StopAsync()));
        }
        finally
        {
            _applying.Release();
        }
    }

    private Forward? Find(string id) => _forwards.FirstOrDefault(forward => forward.Spec.Id == id);
}
