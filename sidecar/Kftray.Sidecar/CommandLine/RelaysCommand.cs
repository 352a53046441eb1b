using System.CommandLine;
using System.Globalization;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kftray.Sidecar.CommandLine;

/// <summary><c>relays</c>: shows the relays of this user in a cluster, and removes those that nobody needs.</summary>
internal static class RelaysCommand
{
    public static Command Create(CliConsole console, EngineFactory createEngine)
    {
        var remove = new Option<bool>("--remove") { Description = "Remove those that no running process needs, and the desktop app's" };
        var kubeconfig = new Option<string>("--kubeconfig") { Description = "Kubeconfig file; default $KUBECONFIG, else ~/.kube/config", HelpName = "file" };
        var context = new Option<string[]>("--context") { Description = "Context to look in, repeatable; default the current one", HelpName = "name" };
        var command = new Command("relays", "Show the relays in the cluster that UDP and proxy forwards have made") { remove, kubeconfig, context };
        command.SetAction(async (arguments, stopping) =>
        {
            await using var engine = createEngine(NullLoggerFactory.Instance);
            IReadOnlyList<string>? files = arguments.GetValue(kubeconfig) is { } path ? [Path.GetFullPath(path, console.WorkingDirectory)] : null;
            IReadOnlyList<string>? contexts = arguments.GetValue(context) is { Length: > 0 } names ? names : null;
            try
            {
                return await RunAsync(console, engine, files, contexts, arguments.GetValue(remove), stopping);
            }
            catch (ForwardException e)
            {
                throw new CliException($"{e.Fault.Message} {e.Fault.Hint}".TrimEnd(), e);
            }
        });
        return command;
    }

    private static async Task<int> RunAsync(
        CliConsole console, IEngine engine, IReadOnlyList<string>? kubeconfig, IReadOnlyList<string>? contexts, bool remove, CancellationToken stopping)
    {
        var (relays, faults) = await engine.ListRelaysAsync(new(kubeconfig, contexts), stopping);
        foreach (var relay in relays)
            await console.Output.WriteLineAsync(Describe(relay));
        if (relays.Count == 0 && faults.Count == 0)
            await console.Output.WriteLineAsync("There are no relays.");

        RelayInfo[] unneeded = [.. relays.Where(relay => relay.Use is RelayUse.Orphaned or RelayUse.DesktopApp)];
        if (remove && unneeded.Length > 0)
        {
            var (removed, more) = await engine.RemoveRelaysAsync(new(unneeded, kubeconfig), stopping);
            await console.Output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"Removed {removed.Count} of {unneeded.Length}."));
            faults = [.. faults, .. more];
        }

        foreach (var fault in faults)
            await console.Error.WriteLineAsync(fault.Message);
        return faults.Count == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private static string Describe(RelayInfo relay)
    {
        var use = relay.Use switch
        {
            RelayUse.InUse or RelayUse.InUseElsewhere => "in use",
            RelayUse.Orphaned => "orphaned",
            _ => "left by the desktop app",
        };
        var target = relay.Target.Length > 0 ? $" {relay.Target}" : "";
        return $"{relay.Context} {relay.Namespace}/{relay.Name}{target} ({use})";
    }
}
