using System.Runtime.CompilerServices;
using Kftray.Sidecar.Contract;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace Kftray.Sidecar.CommandLine;

/// <summary>One run of <c>up</c>: reads the files, starts the chosen forwards, shows them until it is stopped.</summary>
internal sealed class UpRun(CliConsole console, EngineFactory createEngine)
{
    public IReadOnlyList<string> ConfigFiles { get; init; } = [];

    /// <summary>One or more paths, separated as in <c>$KUBECONFIG</c>.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>Aliases; empty means all.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    public bool IsJson { get; init; }

    public bool IsVerbose { get; init; }

    /// <exception cref="CliException">A file cannot be read, or no forward can run.</exception>
    public async Task<int> RunAsync(CancellationToken stopping)
    {
        var files = await CommandLine.ConfigFiles.ReadAsync(ConfigFiles, console.WorkingDirectory, stopping);
        using var loggers = CreateLoggers();
        await using var engine = createEngine(loggers);

        var wanted = WantedForwards.Of(files, Kubeconfig, console.WorkingDirectory);

        // The first apply runs nothing: it tells which forwards there are.
        var result = await engine.ApplyAsync(wanted, stopping);
        foreach (var problem in result.Problems)
            await console.Error.WriteLineAsync(files.Describe(problem));

        var chosen = Choose(engine.Snapshots);
        await engine.ApplyAsync(wanted with { Enabled = chosen }, stopping);
        try
        {
            await CreateView().ShowAsync(ChangesOf(chosen, engine, stopping));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The ordinary end.
        }

        return ExitCode.Success;
    }

    private string[] Choose(IReadOnlyList<ForwardSnapshot> forwards)
    {
        var aliases = forwards.Select(forward => forward.Alias).ToArray();
        if (Only.Except(aliases).FirstOrDefault() is { } unknown)
            throw new CliException($"No forward is called '{unknown}'. There are: {string.Join(", ", aliases)}.");

        string[] chosen = [.. forwards.Where(forward => Only.Count == 0 || Only.Contains(forward.Alias)).Select(forward => forward.Id)];
        return chosen.Length > 0 ? chosen : throw NothingToRun();
    }

    private IForwardView CreateView()
    {
        if (IsJson)
            return new JsonLinesView(console.Output);
        // Log lines would tear the table.
        return console.IsTerminal && !IsVerbose
            ? new LiveTableView(AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(console.Output) }))
            : new PlainLinesView(console.Output, console.Time);
    }

    private ILoggerFactory CreateLoggers() => IsVerbose
        ? new LoggerFactory([new TextLoggerProvider(console.Error, console.Time)], new LoggerFilterOptions { MinLevel = LogLevel.Debug })
        : NullLoggerFactory.Instance;

    /// <summary>What happens to the chosen forwards, for as long as one of them may run.</summary>
    private static async IAsyncEnumerable<ForwardSnapshot> ChangesOf(
        string[] chosen, IEngine engine, [EnumeratorCancellation] CancellationToken stopping)
    {
        // What is blocked stays so: nobody can trust, consent or edit in the middle of a run.
        var blocked = new HashSet<string>();
        await foreach (var change in engine.ReadChangesAsync(stopping))
        {
            foreach (var forward in change.Snapshots.Where(forward => chosen.Contains(forward.Id)))
            {
                yield return forward;
                if (forward.Status == ForwardStatus.Blocked)
                    blocked.Add(forward.Id);
            }

            if (blocked.Count == chosen.Length)
                throw NothingToRun();
        }
    }

    private static CliException NothingToRun() => new("There is no forward that can run.");
}
