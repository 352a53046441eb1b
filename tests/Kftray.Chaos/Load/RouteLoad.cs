using Kftray.Chaos.World;

namespace Kftray.Chaos.Load;

/// <summary>The clients of one forward, until they are told to end.</summary>
/// <param name="seed">Decides when which client comes; the machine's speed decides the rest.</param>
/// <param name="ended">Receives each connection at its end.</param>
internal sealed class RouteLoad(Route route, int port, string name, int seed, RunClock clock, Action<ConnectionRecord> ended)
{
    private const int LongLived = 2;
    private const int BurstSize = 12;

    private readonly Random _random = new(seed);
    private int _last;

    /// <summary>Returns when the last connection has ended.</summary>
    public Task RunAsync(CancellationToken ending) => route.Application.Conversation switch
    {
        Conversation.Echo => Task.WhenAll(Enumerable.Range(0, LongLived).Select(_ => OneAfterTheOtherAsync(ending))),
        Conversation.Burst => AtIntervalsAsync(4000, 8000, BurstSize, ending),
        Conversation.Http => AtIntervalsAsync(300, 900, 1, ending),
        _ => AtIntervalsAsync(600, 1400, 1, ending),
    };

    private async Task OneAfterTheOtherAsync(CancellationToken ending)
    {
        while (!ending.IsCancellationRequested)
        {
            await ConnectAsync(TimeSpan.FromSeconds(3 + (Next(5700) / 100.0)), ending);
            await PauseAsync(1000, ending);
        }
    }

    private async Task AtIntervalsAsync(int shortestMs, int longestMs, int count, CancellationToken ending)
    {
        List<Task> open = [];
        while (!ending.IsCancellationRequested)
        {
            open.AddRange(Enumerable.Range(0, count).Select(_ => ConnectAsync(TimeSpan.Zero, ending)));
            open.RemoveAll(connection => connection.IsCompletedSuccessfully);
            await PauseAsync(shortestMs + Next(longestMs - shortestMs), ending);
        }

        await Task.WhenAll(open);
    }

    private async Task ConnectAsync(TimeSpan lifetime, CancellationToken ending)
    {
        var record = new ConnectionRecord(route, $"{name}.{route.Alias}.{Interlocked.Increment(ref _last)}", clock.Now);
        await new ClientConnection(record, port, clock).RunAsync(lifetime, ending);
        ended(record);
    }

    private async Task PauseAsync(int milliseconds, CancellationToken ending) =>
        await clock.DelayAsync(TimeSpan.FromMilliseconds(milliseconds), ending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private int Next(int below)
    {
        lock (_random) return _random.Next(below);
    }
}
