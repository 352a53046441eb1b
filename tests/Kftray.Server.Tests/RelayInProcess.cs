using System.Net;

namespace Kftray.Relay.Tests;

/// <summary>The relay on a clock moved by hand.</summary>
internal sealed class RelayInProcess : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly StringWriter _output = new();
    private readonly RelayServer _server;
    private readonly RelayLog _log;

    public RelayInProcess(RelayOptions options)
    {
        _log = new RelayLog(TextWriter.Synchronized(_output), Time);
        _server = RelayServer.Open(options, new Target(options, Time), _log, Time);
        Ended = _server.RunAsync(_stopping.Token);
    }

    public FakeTime Time { get; } = new();

    public IPEndPoint Compatible => (IPEndPoint)_server.CompatibleAddress;

    /// <summary>Completes when everything the relay ever began has ended.</summary>
    public Task Ended { get; }

    /// <summary>What was counted so far.</summary>
    public string Totals => _log.Totals();

    /// <summary>
    /// Lets time pass until something has come of it. For where the relay may still take note of what the test has seen already, and would count
    /// from there.
    /// </summary>
    public async Task AdvanceUntilAsync(Task outcome, TimeSpan step)
    {
        while (!outcome.IsCompleted)
        {
            Time.Advance(step);
            await Task.WhenAny(outcome, Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None));
        }

        await outcome;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Ended.WaitAsync(TimeSpan.FromSeconds(20));
        _stopping.Dispose();
    }
}
