using System.CommandLine;
using System.Text.Json;
using Kftray.Sidecar.Contract;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kftray.Sidecar.CommandLine;

/// <summary><c>doctor</c>: examines forwards link by link and says which one is broken. Changes nothing in the cluster.</summary>
internal static class DoctorCommand
{
    public static Command Create(CliConsole console, EngineFactory createEngine)
    {
        var alias = new Argument<string?>("alias") { Description = "Alias of the forward; all of them when none is given", Arity = ArgumentArity.ZeroOrOne };
        // Without this a mistyped option would be an alias that is not there.
        alias.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => token.Value.StartsWith('-')))
                result.AddError($"Unrecognized command or argument '{token.Value}'.");
        });
        var config = new Option<string[]>("--config", "-c") { Description = "Config file, repeatable; default .vscode/kftray.json", HelpName = "file" };
        var kubeconfig = new Option<string>("--kubeconfig") { Description = "Kubeconfig file; default $KUBECONFIG, else ~/.kube/config", HelpName = "file" };
        var json = new Option<bool>("--json") { Description = "Write one JSON report a line" };
        var markdown = new Option<bool>("--markdown") { Description = "Write the reports as Markdown" };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Log to standard error" };
        var command = new Command("doctor", "Say which link between a forward and its application is broken; exit 1 if one is")
        {
            alias, config, kubeconfig, json, markdown, verbose,
        };
        command.SetAction(async (arguments, stopping) =>
        {
            var files = await ConfigFiles.ReadAsync(arguments.GetValue(config) ?? [], console.WorkingDirectory, stopping);
            using var loggers = arguments.GetValue(verbose)
                ? new LoggerFactory([new TextLoggerProvider(console.Error, console.Time)], new LoggerFilterOptions { MinLevel = LogLevel.Debug })
                : (ILoggerFactory)NullLoggerFactory.Instance;
            await using var engine = createEngine(loggers);
            var result = await engine.ApplyAsync(WantedForwards.Of(files, arguments.GetValue(kubeconfig), console.WorkingDirectory), stopping);
            foreach (var problem in result.Problems)
                await console.Error.WriteLineAsync(files.Describe(problem));

            var write = Writer(arguments.GetValue(json), arguments.GetValue(markdown));
            var broken = false;
            foreach (var id in Choose(engine.Snapshots, arguments.GetValue(alias)))
            {
                var diagnosis = await engine.DiagnoseAsync(id, stopping) ?? throw new CliException($"The forward '{id}' is gone.");
                await console.Output.WriteLineAsync(write(diagnosis));
                broken |= diagnosis.BrokenLink is not null;
            }

            return broken ? ExitCode.Failure : ExitCode.Success;
        });
        return command;
    }

    private static Func<Diagnosis, string> Writer(bool isJson, bool isMarkdown) =>
        isJson ? diagnosis => JsonSerializer.Serialize(diagnosis, ContractJson.Default.Diagnosis)
        : isMarkdown ? diagnosis => diagnosis.Markdown
        : DiagnosisText.Write;

    private static string[] Choose(IReadOnlyList<ForwardSnapshot> forwards, string? alias)
    {
        string[] chosen = [.. forwards.Where(forward => alias is null || forward.Alias == alias).Select(forward => forward.Id)];
        if (chosen.Length > 0)
            return chosen;
        throw new CliException(alias is null
            ? "The config defines no forward."
            : $"No forward is called '{alias}'. There are: {string.Join(", ", forwards.Select(forward => forward.Alias))}.");
    }
}
