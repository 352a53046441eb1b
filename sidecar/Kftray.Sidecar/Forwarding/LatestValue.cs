namespace Kftray.Sidecar.Forwarding;

/// <summary>
/// A value with one writer and any number of readers. A reader sees the newest value, never a backlog: one that stalls
/// costs nothing and delays nobody.
/// </summary>
internal sealed class LatestValue<T>(T initial)
{
    private volatile Version _current = new(initial);

    /// <summary>The newest value, and a task that completes when it is not the newest any more.</summary>
    public Version Current => _current;

    /// <summary>Called by the one writer.</summary>
    public void Publish(T value)
    {
        var old = _current;
        _current = new(value);
        old.Supersede();
    }

    internal sealed class Version(T value)
    {
        // Readers must not run inside the writer's Publish.
        private readonly TaskCompletionSource _superseded = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public T Value => value;

        public Task Superseded => _superseded.Task;

        public void Supersede() => _superseded.TrySetResult();
    }
}
