using System.CommandLine;

namespace Kftray.Sidecar.CommandLine;

/// <summary><c>up</c>: its options. What it does is <see cref="UpRun"/>.</summary>
internal static class UpCommand
{
    public static Command Create(CliConsole console, EngineFactory createEngine)
    {
        var config = new Option<string[]>("--config", "-c") { Description = "Config file, repeatable; default .vscode/kftray.json", HelpName = "file" };
        var kubeconfig = new Option<string>("--kubeconfig") { Description = "Kubeconfig file; default $KUBECONFIG, else ~/.kube/config", HelpName = "file" };
        var only = new Option<string[]>("--only") { Description = "Run only the forward of this alias, repeatable", HelpName = "alias" };
        var json = new Option<bool>("--json") { Description = "Write one JSON snapshot a line" };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Log to standard error" };
        var command = new Command("up", "Run forwards until Ctrl+C") { config, kubeconfig, only, json, verbose };
        command.SetAction((arguments, stopping) => new UpRun(console, createEngine)
        {
            ConfigFiles = arguments.GetValue(config) ?? [],
            Kubeconfig = arguments.GetValue(kubeconfig),
            Only = arguments.GetValue(only) ?? [],
            IsJson = arguments.GetValue(json),
            IsVerbose = arguments.GetValue(verbose),
        }.RunAsync(stopping));
        return command;
    }
}
