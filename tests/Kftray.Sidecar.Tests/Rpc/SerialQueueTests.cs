using Kftray.Sidecar.Rpc;
using Xunit;

namespace Kftray.Sidecar.Tests.Rpc;

public sealed class SerialQueueTests
{
    [Fact]
    public async Task Operation_CancelledWhileItWaits_IsNeverBegunAndLetsNobodyOvertake()
    {
        var queue = new SerialQueue();
        var begun = new List<string>();
        var first = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var cancel = new CancellationTokenSource();

        Task<int> Begin(string name, Task<int> work)
        {
            begun.Add(name);
            return work;
        }

        var running = queue.RunAsync(() => Begin("first", first.Task), CancellationToken.None);
        var waiting = queue.RunAsync(() => Begin("second", Task.FromResult(2)), cancel.Token);
        var last = queue.RunAsync(() => Begin("third", Task.FromResult(3)), CancellationToken.None);
        await cancel.CancelAsync();
        first.SetResult(1);

        var results = await Task.WhenAll(running, last).WaitAsync(Patience.Token);
        Assert.Equal([1, 3], results);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(["first", "third"], begun);
    }

    [Fact]
    public async Task Idle_WhileAnOperationRuns_Waits()
    {
        var queue = new SerialQueue();
        var operation = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var run = queue.RunAsync(() => operation.Task, CancellationToken.None);

        var idle = queue.Idle;
        Assert.False(idle.IsCompleted);
        operation.SetException(new InvalidOperationException());

        await idle.WaitAsync(Patience.Token);
        await Assert.ThrowsAsync<InvalidOperationException>(() => run);
    }
}
