using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Rpc;

/// <summary>
/// Log lines on their way to the editor. Writing never waits: when the editor does not keep up, new lines are dropped and counted,
/// because the first lines of a flood say more than the last.
/// </summary>
internal sealed class RpcLogQueue : ILoggerProvider
{
    private const int Capacity = 1024;

    private readonly Channel<LogParams> _lines;
    private int _dropped;
    private volatile SidecarLogLevel _level = SidecarLogLevel.Info;

    public RpcLogQueue() =>
        _lines = Channel.CreateBounded<LogParams>(
            new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true },
            _ => Interlocked.Increment(ref _dropped));

    /// <summary>The least severe level that is kept. May change at any time.</summary>
    public SidecarLogLevel Level
    {
        get => _level;
        set => _level = value;
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    /// <summary>Lines in the order in which they were logged; a gap is announced by a line of its own. One consumer; ends by cancellation.</summary>
    public async IAsyncEnumerable<LogParams> ReadAllAsync([EnumeratorCancellation] CancellationToken stopping)
    {
        await foreach (var line in _lines.Reader.ReadAllAsync(stopping))
        {
            yield return line;
            // Only once the queue is empty: the dropped lines are younger than all that were still in it.
            if (_lines.Reader.Count == 0 && Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped)
            {
                yield return new(
                    SidecarLogLevel.Warning, typeof(RpcLogQueue).FullName!, EventIds.LogLinesDropped, $"{dropped} log lines were dropped here");
            }
        }
    }

    public void Dispose() => _lines.Writer.TryComplete();

    private sealed class Logger(RpcLogQueue queue, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        // The first six levels have the same numbers on both sides; Critical is the editor's Error, None is never logged.
        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None && Translate(logLevel) >= queue.Level;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
                return;
            var text = formatter(state, exception);
            var message = exception is null ? text : $"{text}: {exception}";
            queue._lines.Writer.TryWrite(new(Translate(logLevel), category, eventId.Id, message));
        }

        private static SidecarLogLevel Translate(LogLevel level) =>
            level >= LogLevel.Error ? SidecarLogLevel.Error : (SidecarLogLevel)(int)level;
    }
}
