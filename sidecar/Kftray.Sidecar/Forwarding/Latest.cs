namespace Kftray.Sidecar.Forwarding;

/// <summary>The newest value from one producer, for one consumer that needs no others. Written by one side, awaited by the other.</summary>
internal sealed class Latest<T>
    where T : class
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _value;

    public void Set(T value)
    {
        lock (_lock)
        {
            _value = value;
            _changed.TrySetResult();
        }
    }

    /// <summary>The value now, null before the first, and what completes when there is another.</summary>
    public (T? Value, Task Changed) Read()
    {
        lock (_lock)
        {
            if (_changed.Task.IsCompleted)
                _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return (_value, _changed.Task);
        }
    }
}
