using Kftray.Sidecar;
using Kftray.Sidecar.CommandLine;

using var signals = new StopSignals();
return await Cli.RunAsync(args, CliConsole.OfProcess(), loggers => Engine.Create(TimeProvider.System, loggers), signals.Stopping);
