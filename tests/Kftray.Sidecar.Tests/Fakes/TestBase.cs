using Microsoft.Extensions.Logging;
using Xunit;

namespace Kftray.Sidecar.Tests.Fakes;

/// <summary>What every test of the engine has: a limit on waiting, a clock, a log that is read when the test fails, and things to dispose.</summary>
public abstract class TestBase : IAsyncDisposable
{
    // Far above what any of these tests needs: it only turns a hang into a failure.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _timeout = new(Limit);
    private readonly Stack<IAsyncDisposable> _owned = new();

    /// <summary>Ends every wait of a test that would hang.</summary>
    protected CancellationToken TimeoutToken => _timeout.Token;

    private protected FakeTime Time { get; } = new();

    private protected TestLog Log { get; } = new();

    /// <summary>Disposed after the test, in reverse order, and that must not hang either.</summary>
    private protected T Own<T>(T owned)
        where T : IAsyncDisposable
    {
        _owned.Push(owned);
        return owned;
    }

    /// <summary>A folder that is gone after the test.</summary>
    private protected string CreateFolder() => Own(new TemporaryFolder()).Path;

    public async ValueTask DisposeAsync()
    {
        while (_owned.TryPop(out var owned))
            await owned.DisposeAsync().AsTask().WaitAsync(Limit, TestContext.Current.CancellationToken);
        _timeout.Dispose();
        GC.SuppressFinalize(this);
    }

    private sealed class TemporaryFolder : IAsyncDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("kftray-test-").FullName;

        public ValueTask DisposeAsync()
        {
            Directory.Delete(Path, recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>Keeps what is logged, and shows it in the output of the test.</summary>
internal sealed class TestLog : ILoggerFactory, ILogger
{
    private readonly Lock _lock = new();
    private readonly List<(LogLevel Level, string Text)> _lines = [];
    private readonly ITestOutputHelper? _output = TestContext.Current.TestOutputHelper;

    public IReadOnlyList<(LogLevel Level, string Text)> Lines
    {
        get
        {
            lock (_lock)
                return [.. _lines];
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var text = formatter(state, exception);
        lock (_lock)
            _lines.Add((logLevel, text));
        try
        {
            _output?.WriteLine($"{logLevel}: {text} {exception}");
        }
        catch (InvalidOperationException)
        {
            // The test is over; what ends late still logs.
        }
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}
