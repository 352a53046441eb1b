using System.Diagnostics;
using System.Globalization;

namespace Kftray.Sidecar.FunctionalTests;

/// <summary>The program as it is shipped, running; killed at the latest when it is disposed.</summary>
internal abstract class SidecarProcess : IDisposable
{
    private readonly Process _process;

    protected SidecarProcess(Process process)
    {
        _process = process;
        _process.ErrorDataReceived += (_, line) => WrittenText.OfTheSuite.Record(line.Data ?? "");
        _process.BeginErrorReadLine();
    }

    public Process Process => _process;

    public long WorkingSet
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>As a terminal does it with Ctrl+C.</summary>
    public Task<int> StopAsync(CancellationToken cancellationToken) => EndAsync("INT", cancellationToken);

    /// <summary>Sends a signal and waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync(string signal, CancellationToken cancellationToken)
    {
        await SignalAsync(signal, cancellationToken);
        return await WaitForEndAsync(cancellationToken);
    }

    public async Task<int> WaitForEndAsync(CancellationToken cancellationToken)
    {
        var draining = _process.StandardOutput.ReadToEndAsync(cancellationToken);
        await _process.WaitForExitAsync(cancellationToken);
        WrittenText.OfTheSuite.Record(await draining);
        return _process.ExitCode;
    }

    /// <param name="signal">Its name without the prefix: <c>STOP</c>.</param>
    public async Task SignalAsync(string signal, CancellationToken cancellationToken)
    {
        using var kill = Process.Start("kill", [$"-{signal}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(cancellationToken);
    }

    /// <summary>Where it is: what was built last, not the assembly beside these tests.</summary>
    public static string FindProgram()
    {
        if (Environment.GetEnvironmentVariable("KFTRAY_SIDECAR") is { Length: > 0 } named)
            return named;
        var name = OperatingSystem.IsWindows() ? "kftray-sidecar.exe" : "kftray-sidecar";
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var program = Path.Combine(folder.FullName, "dist", "sidecar", name);
            if (File.Exists(program))
                return program;
        }

        throw new FileNotFoundException("There is no dist/sidecar/kftray-sidecar. Build it with \"npm run build\", or name another in KFTRAY_SIDECAR.");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
