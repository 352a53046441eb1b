using System.Diagnostics;
using System.Globalization;

namespace Kftray.Benchmarks.Harness;

/// <summary>A program that runs beside the measurements, with what it costs. Ended by its pid when disposed.</summary>
internal sealed class Background : IAsyncDisposable
{
    // The unit of utime and stime in /proc/PID/stat: _SC_CLK_TCK is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    private readonly Process _process;
    private readonly Task _draining;
    private readonly TaskCompletionSource<string> _firstLine = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Background(string program, IEnumerable<string> arguments)
    {
        _process = Tool.Start(program, arguments);
        _draining = Task.WhenAll(DrainAsync(_process.StandardOutput, _firstLine), DrainAsync(_process.StandardError, null));
    }

    public bool IsRunning => !_process.HasExited;

    /// <summary>The first line of standard output; fails when there is none.</summary>
    public Task<string> FirstLine => _firstLine.Task;

    /// <summary>Seconds of processor time since the start.</summary>
    public double CpuSeconds
    {
        get
        {
            // The program's name may hold spaces; what follows the last bracket does not.
            var stat = File.ReadAllText($"/proc/{_process.Id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
        }
    }

    /// <summary>Resident memory in MiB.</summary>
    public double ResidentMiB
    {
        get
        {
            var line = File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
            return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (IsRunning)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await _draining;
        _process.Dispose();
    }

    private static async Task DrainAsync(StreamReader reader, TaskCompletionSource<string>? firstLine)
    {
        while (await reader.ReadLineAsync() is { } line)
            firstLine?.TrySetResult(line);
        firstLine?.TrySetException(new InvalidOperationException("The program ended without a word."));
    }
}
