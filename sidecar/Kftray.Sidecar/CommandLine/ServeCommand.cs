using System.CommandLine;
using System.IO.Pipelines;
using Kftray.Sidecar.Rpc;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.CommandLine;

/// <summary><c>serve</c>: JSON-RPC on standard input and output, for as long as the input is open.</summary>
internal static class ServeCommand
{
    // With the connection's own 300 ms this keeps the promise to be gone within 2 s, whatever hangs.
    private static readonly TimeSpan StopTimeout = TimeSpan.FromMilliseconds(1500);

    public static Command Create(CliConsole console, EngineFactory createEngine)
    {
        // Nothing here reads it: other sidecars find it in the process list, to say which window holds a port.
        var window = new Option<string>("--window") { Description = "Name of the editor window, shown where it holds a port", HelpName = "name" };
        var command = new Command("serve", "Serve an editor: JSON-RPC on standard input and output") { window };
        command.SetAction((_, stopping) => RunAsync(console, createEngine, stopping));
        return command;
    }

    private static async Task<int> RunAsync(CliConsole console, EngineFactory createEngine, CancellationToken stopping)
    {
        var output = console.OpenOutput();
        using var logs = new RpcLogQueue();
        using var loggers = new LoggerFactory([logs], new LoggerFilterOptions { MinLevel = LogLevel.Trace });
        var engine = createEngine(loggers);
        try
        {
            var server = new SidecarServer(engine, logs, loggers, console.Time, Product.Version);
            await server.RunAsync(InputPump.Start(console.OpenInput()), PipeWriter.Create(output), stopping);
            return ExitCode.Success;
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            // Whatever broke the pipe: the editor shows the last lines of standard error.
            throw new CliException($"The connection to the editor broke: {e.Message}", e);
        }
        finally
        {
            await StopAsync(engine, console);
        }
    }

    private static async Task StopAsync(IEngine engine, CliConsole console)
    {
        try
        {
            await engine.DisposeAsync().AsTask().WaitAsync(StopTimeout, console.Time);
        }
        catch (TimeoutException)
        {
            console.Error.WriteLine($"Forwards were still closing after {StopTimeout.TotalSeconds} s; ended without them.");
        }
    }
}
