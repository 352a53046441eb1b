using System.CommandLine;
using Kftray.Sidecar.Contract;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kftray.Sidecar.CommandLine;

/// <summary><c>check</c>: says what is wrong in config files. Opens no kubeconfig and no socket.</summary>
internal static class CheckCommand
{
    public static Command Create(CliConsole console, EngineFactory createEngine)
    {
        var files = new Argument<string[]>("file")
        {
            Description = "Config files; .vscode/kftray.json when none is given",
            Arity = ArgumentArity.ZeroOrMore,
        };
        // Without this a mistyped option would be a file that is not there.
        files.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => token.Value.StartsWith('-')))
                result.AddError($"Unrecognized command or argument '{token.Value}'.");
        });
        var command = new Command("check", "Check config files; exit 1 if one has errors or warnings (hints alone are no failure)") { files };
        command.SetAction((arguments, stopping) => RunAsync(arguments.GetValue(files) ?? [], console, createEngine, stopping));
        return command;
    }

    private static async Task<int> RunAsync(string[] paths, CliConsole console, EngineFactory createEngine, CancellationToken stopping)
    {
        var files = await ConfigFiles.ReadAsync(paths, console.WorkingDirectory, stopping);
        await using var engine = createEngine(NullLoggerFactory.Instance);
        // What the editor does in Restricted Mode: parse, and touch nothing.
        var result = await engine.ApplyAsync(new() { Documents = files.Documents, Trusted = false }, stopping);
        foreach (var problem in result.Problems)
            console.Output.WriteLine(files.Describe(problem));

        return result.Problems.Any(problem => problem.Severity is ProblemSeverity.Error or ProblemSeverity.Warning)
            ? ExitCode.Failure
            : ExitCode.Success;
    }
}
