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
    public async ValueTask TakeAsync()
    {
        if (++_taken < InARow)
            return;
        _taken = 0;
        await Task.Yield();
    }

    /// <summary>Waits for a socket; if that takes any time, the others have had their turns.</summary>
    public async ValueTask<T> PauseAsync<T>(ValueTask<T> wait)
    {
        if (!wait.IsCompleted)
            _taken = 0;
        return await wait;
    }
}
