using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.CommandLine;

/// <summary>Log lines as text, for <c>--verbose</c>.</summary>
internal sealed class TextLoggerProvider(TextWriter output, TimeProvider time) : ILoggerProvider
{
    private readonly TextWriter _output = TextWriter.Synchronized(output);

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName[(categoryName.LastIndexOf('.') + 1)..]);

    public void Dispose()
    {
        // The writer belongs to the process.
    }

    private sealed class Logger(TextLoggerProvider provider, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var trouble = exception is null ? "" : $": {exception}";
            provider._output.WriteLine($"{provider.Clock()} {logLevel.ToString().ToLowerInvariant()} {category}: {formatter(state, exception)}{trouble}");
        }
    }

    private string Clock() => time.GetLocalNow().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
}
