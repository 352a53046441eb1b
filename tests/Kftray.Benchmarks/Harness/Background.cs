using System.Diagnostics;
using System.Globalization;

namespace Kftray.Benchmarks.Harness;

/// <summary>A program that runs beside the measurements, with what it costs. Ended by its pid when disposed.</summary>
internal sealed class Background : IAsyncDisposable
{
    // The unit of utime and stime in /proc/PID/stat: _SC_CLK_TCK is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly Task _draining;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="isReady">Asked with each line of standard output until one says that the program is ready.</param>
    public Background(string program, IEnumerable<string> arguments, Func<string, bool> isReady)
    {
        _process = Tool.Start(program, arguments);
        _draining = Task.WhenAll(DrainAsync(_process.StandardOutput, isReady), DrainAsync(_process.StandardError, _ => false));
    }

    public bool IsRunning => !_process.HasExited;

    /// <summary>Until the program says that it is ready; at most half a minute.</summary>
    public Task WaitUntilReadyAsync(CancellationToken cancellationToken) => _ready.Task.WaitAsync(StartLimit, TimeProvider.System, cancellationToken);

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

    private async Task DrainAsync(StreamReader reader, Func<string, bool> isReady)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            if (!_ready.Task.IsCompleted && isReady(line))
                _ready.TrySetResult();
        }

        _ready.TrySetException(new InvalidOperationException("The program ended before it was ready."));
    }
}
