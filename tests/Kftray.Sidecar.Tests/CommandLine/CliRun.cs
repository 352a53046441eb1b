using Kftray.Sidecar.CommandLine;
using Kftray.Sidecar.Tests.Rpc;

namespace Kftray.Sidecar.Tests.CommandLine;

/// <summary>One invocation of the program, in a working directory of its own, with an engine that runs nothing.</summary>
internal sealed class CliRun : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly SignallingWriter _output = new();
    private readonly SignallingWriter _error = new();

    public FakeEngine Engine { get; } = new();

    public DirectoryInfo Directory { get; } = System.IO.Directory.CreateTempSubdirectory("kftray-cli-");

    public Stream Input { get; init; } = Stream.Null;

    public Stream RawOutput { get; init; } = new MemoryStream();

    public bool UsesRealEngine { get; init; }

    public string Output => _output.Text;

    public string Error => _error.Text;

    /// <summary>Writes a file below the working directory.</summary>
    public void Write(string path, string text)
    {
        var full = Path.Combine(Directory.FullName, path);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    public Task<int> RunAsync(params string[] arguments)
    {
        var console = new CliConsole
        {
            Output = _output,
            Error = _error,
            OpenInput = () => Input,
            OpenOutput = () => RawOutput,
            IsTerminal = false,
            WorkingDirectory = Directory.FullName,
            Time = TimeProvider.System,
        };
        EngineFactory factory = loggers => UsesRealEngine ? Kftray.Sidecar.Engine.Create(TimeProvider.System, loggers) : Engine;
        return Cli.RunAsync(arguments, console, factory, _stop.Token).WaitAsync(Patience.Token);
    }

    /// <summary>Waits for a line of the output.</summary>
    public Task<string> LineAsync() => _output.LineAsync();

    public Task StopAsync() => _stop.CancelAsync();

    public ValueTask DisposeAsync()
    {
        Directory.Delete(recursive: true);
        _stop.Dispose();
        return ValueTask.CompletedTask;
    }

    private sealed class SignallingWriter : StringWriter
    {
        private readonly System.Threading.Channels.Channel<string> _lines = System.Threading.Channels.Channel.CreateUnbounded<string>();
        private readonly Lock _lock = new();

        public string Text
        {
            get
            {
                lock (_lock)
                    return ToString();
            }
        }

        public Task<string> LineAsync() => _lines.Reader.ReadAsync(Patience.Token).AsTask();

        public override void WriteLine(string? value)
        {
            lock (_lock)
                base.WriteLine(value);
            _lines.Writer.TryWrite(value ?? "");
        }

        public override Task WriteLineAsync(string? value)
        {
            WriteLine(value);
            return Task.CompletedTask;
        }
    }
}
