using System.CommandLine;

namespace Kftray.Sidecar.CommandLine;

/// <summary>The command line: its verbs, and what every one of them has in common. Errors are sentences on standard error.</summary>
internal static class Cli
{
    private const string Name = "kftray-sidecar";

    /// <returns>The exit code of the process, see <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, CliConsole console, EngineFactory createEngine, CancellationToken stopping)
    {
        var root = new RootCommand("Kubernetes port forwards that stay up.")
        {
            UpCommand.Create(console, createEngine),
            CheckCommand.Create(console, createEngine),
            DoctorCommand.Create(console, createEngine),
            ServeCommand.Create(console, createEngine),
        };
        var parsed = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (arguments.Count == 0)
            return ShowHelp(root, console);
        if (parsed.Errors.Count > 0)
            return RefuseUsage(parsed, console);

        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    Output = console.Output,
                    Error = console.Error,
                    EnableDefaultExceptionHandler = false,
                    // Signals are StopSignals' business.
                    ProcessTerminationTimeout = null,
                },
                stopping);
        }
        catch (CliException e)
        {
            return Fail(console, e.Message);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return ExitCode.Success;
        }
        catch (Exception e)
        {
            // The last resort: nothing above knows what this is, and a person should still see a sentence.
            return Fail(console, $"Unexpected {e.GetType().Name}: {e.Message}");
        }
    }

    private static int ShowHelp(RootCommand root, CliConsole console)
    {
        root.Parse("--help").Invoke(new InvocationConfiguration { Output = console.Error, Error = console.Error });
        return ExitCode.Usage;
    }

    private static int RefuseUsage(ParseResult parsed, CliConsole console)
    {
        var command = parsed.CommandResult.Command;
        // Without a verb the parser complains about that and about every word after it.
        var errors = command is RootCommand && parsed.UnmatchedTokens is [var word, ..]
            ? [$"Unrecognized command or option '{word}'."]
            : parsed.Errors.Select(error => error.Message);
        foreach (var error in errors)
            console.Error.WriteLine($"{Name}: {error}");
        console.Error.WriteLine($"Try '{(command is RootCommand ? Name : $"{Name} {command.Name}")} --help'.");
        return ExitCode.Usage;
    }

    private static int Fail(CliConsole console, string sentence)
    {
        console.Error.WriteLine($"{Name}: {sentence}");
        return ExitCode.Failure;
    }
}
