using System.Threading.Tasks.Sources;

namespace Kftray.Relay;

/// <summary>
/// Something that one waits for and others say has happened, until it is taken back. Who waits goes on within the call that sets it. A wait costs no
/// memory.
/// </summary>
internal sealed class Signal : IValueTaskSource
{
    private const int Unset = 0;
    private const int IsSet = 1;
    private const int IsAwaited = 2;
    private const int HasEnded = 3;

    private ManualResetValueTaskSourceCore<bool> _wait;
    private int _state;

    /// <summary>Waits until it is set. For one at a time.</summary>
    public ValueTask WaitAsync()
    {
        if (Volatile.Read(ref _state) != Unset)
            return ValueTask.CompletedTask;
        _wait.Reset();
        var wait = new ValueTask(this, _wait.Version);
        return Interlocked.CompareExchange(ref _state, IsAwaited, Unset) == Unset ? wait : ValueTask.CompletedTask;
    }

    public void Set() => Set(elsewhere: false);

    /// <summary>The same, and who waits goes on elsewhere: for calls from where locks may be held.</summary>
    public void Wake() => Set(elsewhere: true);

    /// <summary>Takes it back. Not while it is waited for.</summary>
    public void Reset()
    {
        if (Volatile.Read(ref _state) == IsSet)
            Interlocked.CompareExchange(ref _state, Unset, IsSet);
    }

    /// <summary>Sets it for good. Who waits goes on elsewhere.</summary>
    public void End()
    {
        if (Interlocked.Exchange(ref _state, HasEnded) == IsAwaited)
            Complete(elsewhere: true);
    }

    void IValueTaskSource.GetResult(short token) => _wait.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    private void Set(bool elsewhere)
    {
        int state;
        do
        {
            state = Volatile.Read(ref _state);
            if (state is IsSet or HasEnded)
                return;
        }
        while (Interlocked.CompareExchange(ref _state, IsSet, state) != state);

        if (state == IsAwaited)
            Complete(elsewhere);
    }

    // By the one who ended the wait.
    private void Complete(bool elsewhere)
    {
        _wait.RunContinuationsAsynchronously = elsewhere;
        _wait.SetResult(true);
    }
}
