namespace Kftray.Sidecar.CommandLine;

/// <summary>What a verb sees of the process it runs in.</summary>
internal sealed record CliConsole
{
    public required TextWriter Output { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>The raw standard input.</summary>
    public required Func<Stream> OpenInput { get; init; }

    /// <summary>The raw standard output. Whoever opens it has it alone: text that is printed later goes to standard error.</summary>
    public required Func<Stream> OpenOutput { get; init; }

    /// <summary>The output is a person's screen, which may be redrawn.</summary>
    public required bool IsTerminal { get; init; }

    public required string WorkingDirectory { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>The console of this process.</summary>
    public static CliConsole OfProcess() => new()
    {
        Output = Console.Out,
        Error = Console.Error,
        OpenInput = Console.OpenStandardInput,
        OpenOutput = () =>
        {
            var output = Console.OpenStandardOutput();
            Console.SetOut(Console.Error);
            return output;
        },
        IsTerminal = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb",
        WorkingDirectory = Environment.CurrentDirectory,
        Time = TimeProvider.System,
    };
}
