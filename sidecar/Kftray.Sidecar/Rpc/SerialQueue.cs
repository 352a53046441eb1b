namespace Kftray.Sidecar.Rpc;

/// <summary>Runs operations one at a time, in the order in which they were handed in.</summary>
internal sealed class SerialQueue
{
    private readonly Lock _gate = new();

    // The last operation handed in; written only under the gate.
    private Task _last = Task.CompletedTask;

    /// <summary>Completes when everything that was handed in so far has ended.</summary>
    public Task Idle
    {
        get
        {
            lock (_gate)
                return WhenEndedAsync(_last);
        }
    }

    /// <summary>Runs the operation after those before it, however they ended. Cancelled while it waits, it is never begun.</summary>
    public Task<T> RunAsync<T>(Func<Task<T>> operation, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var run = RunAfterAsync(_last, operation, cancellationToken);
            _last = run;
            return run;
        }
    }

    private static async Task<T> RunAfterAsync<T>(Task previous, Func<Task<T>> operation, CancellationToken cancellationToken)
    {
        // Yields always, so that no operation runs inside the gate. A cancelled one keeps its place: the next must not overtake the one before.
        await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        cancellationToken.ThrowIfCancellationRequested();
        return await operation();
    }

    private static async Task WhenEndedAsync(Task task) => await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
