using System.Runtime.InteropServices;

namespace Kftray.Sidecar.CommandLine;

/// <summary>Turns the signals that end a process into a token. The second Ctrl+C does not wait for anything.</summary>
internal sealed class StopSignals : IDisposable
{
    private const int InterruptedExitCode = 130;

    private readonly CancellationTokenSource _stopping = new();
    private readonly List<PosixSignalRegistration> _registrations;

    public StopSignals() =>
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop),
        ];

    public CancellationToken Stopping => _stopping.Token;

    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _stopping.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        if (_stopping.IsCancellationRequested && context.Signal == PosixSignal.SIGINT)
            Environment.Exit(InterruptedExitCode);
        context.Cancel = true;
        _stopping.Cancel();
    }
}
