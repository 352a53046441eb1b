using System.CommandLine;
using System.Globalization;
using Kftray.Chaos.Faults;

namespace Kftray.Chaos;

/// <summary>The command line: which program, which seed, how long.</summary>
internal static class ChaosCommand
{
    private static readonly Option<string> Sidecar = new("--sidecar") { Description = "The sidecar that is tested", Required = true };
    private static readonly Option<string?> Kubectl = new("--kubectl") { Description = "Also run kubectl port-forward under the same faults" };
    private static readonly Option<double> Minutes = new("--minutes") { Description = "How long faults are injected", DefaultValueFactory = _ => 5 };
    private static readonly Option<int?> Seed = new("--seed") { Description = "Decides what happens when; without one, any" };
    private static readonly Option<string?> Only = new("--faults") { Description = "Some faults: names with commas between them" };
    private static readonly Option<bool> List = new("--list") { Description = "The names of the faults" };
    private static readonly Option<bool> Dry = new("--plan") { Description = "Print what would happen when, and end" };
    private static readonly Option<string?> Markdown = new("--markdown") { Description = "Also write the table to this file" };

    public static RootCommand Create()
    {
        var command = new RootCommand("Twenty forwards in three clusters under load, while everything goes wrong")
        {
            Sidecar, Kubectl, Minutes, Seed, Only, List, Dry, Markdown,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult options, CancellationToken cancellationToken)
    {
        if (options.GetValue(List))
        {
            Console.WriteLine(string.Join('\n', FaultCatalogue.All.Keys));
            return 0;
        }

        var kinds = options.GetValue(Only)?.Split(',') ?? [.. FaultCatalogue.All.Keys];
        if (kinds.FirstOrDefault(kind => !FaultCatalogue.All.ContainsKey(kind)) is { } unknown)
        {
            await Console.Error.WriteLineAsync($"There is no fault {unknown}. --list names them.");
            return 2;
        }

        var settings = new ChaosSettings(
            options.GetValue(Sidecar)!, options.GetValue(Kubectl), TimeSpan.FromMinutes(options.GetValue(Minutes)),
            options.GetValue(Seed) ?? Random.Shared.Next(1, 1_000_000), kinds);
        if (options.GetValue(Dry))
        {
            foreach (var fault in settings.Plan()) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{fault.At.TotalSeconds,7:0.0} s  {fault}"));
            return 0;
        }

        var run = new ChaosRun(settings, Console.WriteLine);
        var result = await run.RunAsync(cancellationToken);
        var table = Report.Markdown(result);
        Console.WriteLine($"\n{table}");
        foreach (var violation in result.Violations) Console.WriteLine($"✖ {violation.At.TotalSeconds:0.0} s  {violation.Kind}: {violation.Text}");
        Console.WriteLine(result.Violations.Count == 0
            ? $"passed: seed {settings.Seed}, {settings.Length.TotalMinutes:0.#} minutes"
            : $"failed: {result.Violations.Count} violations. Again: npm run chaos -- --minutes {settings.Length.TotalMinutes.ToString(CultureInfo.InvariantCulture)} --seed {settings.Seed}");
        if (options.GetValue(Markdown) is { } file) await File.WriteAllTextAsync(file, table, cancellationToken);
        return result.Violations.Count == 0 ? 0 : 1;
    }
}

/// <summary>What a run is to do.</summary>
/// <param name="Kubectl">Null: no peer.</param>
/// <param name="Length">How long faults are injected; the beginning and the end come on top.</param>
internal sealed record ChaosSettings(string Sidecar, string? Kubectl, TimeSpan Length, int Seed, IReadOnlyList<string> Faults)
{
    public IReadOnlyList<PlannedFault> Plan() => FaultSchedule.Plan(Seed, Length, Faults, World.ChaosWorld.ClusterCount);
}
