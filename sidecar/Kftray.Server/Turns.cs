namespace Kftray.Relay;

/// <summary>
/// Fairness between flows. What a socket's event begins runs on the thread that waits for all sockets' events, which is quickest for a datagram
/// and its answer; a loop that always finds more to do goes on elsewhere after a few turns.
/// </summary>
internal sealed class Turns
{
    private const int InARow = 16;

    private int _taken;

    /// <summary>Call it in each turn of a loop over a socket.</summary>
    public ValueTask TakeAsync() => ++_taken < InARow ? ValueTask.CompletedTask : YieldAsync();

    /// <summary>Call it with each wait for a socket: if that takes any time, the others have their turns.</summary>
    /// <returns>The same: a state machine around each wait would cost more than the count.</returns>
    public ValueTask Pause(ValueTask wait)
    {
        if (!wait.IsCompleted)
            _taken = 0;
        return wait;
    }

    private async ValueTask YieldAsync()
    {
        _taken = 0;
        await Task.Yield();
    }
}
