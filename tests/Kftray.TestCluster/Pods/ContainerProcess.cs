using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using SystemProcess = System.Diagnostics.Process;

namespace Kftray.Testing.Pods;

/// <summary>How a container ended.</summary>
/// <param name="Code">Of a process that a signal killed 128 and its number, as container runtimes tell it.</param>
/// <param name="Message">Only when it could not even start.</param>
public sealed record ContainerExit(int Code, string Reason, string? Message = null);

/// <summary>A container that is a process of this machine. Owns the process; nothing of it is left after <see cref="DisposeAsync"/>.</summary>
public sealed class ContainerProcess : IAsyncDisposable
{
    private const int SigTerm = 15;

    private readonly SystemProcess? _process;
    private readonly Task<ContainerExit> _exited;

    internal ContainerProcess(ProcessStartInfo start)
    {
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        ProcessGuard.Wrap(start);
        try
        {
            _process = SystemProcess.Start(start)!;
            Id = _process.Id;
            _exited = RunAsync(_process);
        }
        catch (Win32Exception e)
        {
            // As the runtime reports an entry point that cannot be executed.
            Log.Complete();
            _exited = Task.FromResult(new ContainerExit(128, "StartError", $"failed to create containerd task: exec \"{start.FileName}\": {e.Message}"));
        }
    }

    /// <summary>The process id; 0 when it could not be started.</summary>
    public int Id { get; }

    /// <summary>What it writes.</summary>
    public ContainerLog Log { get; } = new();

    /// <summary>Completes when the process has ended and its last line is read.</summary>
    public Task<ContainerExit> Exited => _exited;

    /// <summary>Asks it to end: SIGTERM; where there are no signals (Windows), it is killed.</summary>
    public void Terminate()
    {
        if (_process is null || _exited.IsCompleted) return;
        // A result other than 0 says that it has just ended by itself.
        if (OperatingSystem.IsWindows()) Kill();
        else _ = SendSignal(Id, SigTerm);
    }

    /// <summary>Ends it at once (SIGKILL), with what it has started.</summary>
    public void Kill()
    {
        if (_process is null || _exited.IsCompleted) return;
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has just ended by itself.
        }
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await _exited;
        _process?.Dispose();
    }

    private async Task<ContainerExit> RunAsync(SystemProcess process)
    {
        await Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
        await process.WaitForExitAsync();
        await ProcessGuard.DismissAsync(process.StandardInput);
        Log.Complete();
        return new ContainerExit(process.ExitCode, process.ExitCode == 0 ? "Completed" : "Error");
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line) Log.Add(line);
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int process, int signal);
}
