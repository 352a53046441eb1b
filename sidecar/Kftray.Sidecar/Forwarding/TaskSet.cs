namespace Kftray.Sidecar.Forwarding;

/// <summary>Owns tasks that come and go, such as connections, so that somebody awaits each of them.</summary>
internal sealed class TaskSet
{
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _tasks = [];

    public void Add(Task task)
    {
        lock (_lock)
            _tasks.Add(task);
        task.ContinueWith(
            static (ended, self) => ((TaskSet)self!).Remove(ended),
            this,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>Completes when every task that was added before has ended.</summary>
    public Task WhenEmptyAsync()
    {
        lock (_lock)
            return Task.WhenAll(_tasks);
    }

    // Failed tasks stay, so that whoever waits for the end sees the failure.
    private void Remove(Task ended)
    {
        if (!ended.IsCompletedSuccessfully)
            return;
        lock (_lock)
            _tasks.Remove(ended);
    }
}
