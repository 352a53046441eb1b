namespace Kftray.Relay.Tests;

/// <summary>What one waits for and another sets.</summary>
public sealed class SignalTests
{
    private readonly Signal _signal = new();

    [Fact]
    public void Set_IsRememberedUntilItIsTakenBack()
    {
        _signal.Set();
        Assert.True(WaitOnce().IsCompleted);
        Assert.True(WaitOnce().IsCompleted);
        _signal.Reset();

        Assert.False(WaitOnce().IsCompleted);
    }

    [Fact]
    public async Task Set_RunsWhoWaitsWithinTheCall()
    {
        var thread = 0;
        var waiting = WaitAsync();
        _signal.Set();

        Assert.Equal(Environment.CurrentManagedThreadId, thread);
        await waiting;

        async Task WaitAsync()
        {
            await _signal.WaitAsync().ConfigureAwait(false);
            thread = Environment.CurrentManagedThreadId;
        }
    }

    [Fact]
    public async Task Wake_DoesNotRunWhoWaitsWithinTheCall()
    {
        var gate = new Lock();
        var hasRun = false;
        var waiting = WaitAsync();
        // Not closed to the thread that holds it.
        lock (gate)
        {
            _signal.Wake();
            Assert.False(hasRun);
        }

        await waiting.WaitAsync(TestContext.Current.CancellationToken);

        async Task WaitAsync()
        {
            await _signal.WaitAsync().ConfigureAwait(false);
            lock (gate)
                hasRun = true;
        }
    }

    [Fact]
    public async Task End_IsTheEndOfEachWait()
    {
        var waiting = WaitOnce();
        _signal.End();
        await waiting.WaitAsync(TestContext.Current.CancellationToken);
        _signal.Reset();

        Assert.True(WaitOnce().IsCompleted);
    }

    /// <summary>Whatever the timing, what was done before a set is seen by a wait that ends after it.</summary>
    [Fact]
    public async Task Sets_FromAnotherThread_AreNeverLost()
    {
        const int Last = 200_000;
        var done = 0;
        var setting = Task.Run(() =>
        {
            for (var i = 1; i <= Last; i++)
            {
                Volatile.Write(ref done, i);
                _signal.Set();
            }
        }, TestContext.Current.CancellationToken);
        while (true)
        {
            _signal.Reset();
            if (Volatile.Read(ref done) == Last)
                break;
            await WaitOnce().WaitAsync(TestContext.Current.CancellationToken);
        }

        await setting;
    }

    private Task WaitOnce() => _signal.WaitAsync().AsTask();
}
