using System.Diagnostics;

namespace Kftray.Conformance.Tests;

/// <summary>A kubectl that runs on, read line by line.</summary>
internal sealed class KubectlProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly CancellationToken _timeout;
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private readonly Task _reading;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public KubectlProcess(Process process, CancellationToken timeout)
    {
        (_process, _timeout) = (process, timeout);
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
    }

    /// <summary>Waits for a line of either output that contains the text.</summary>
    public async Task<string> LineAsync(string text)
    {
        while (true)
        {
            Task more;
            lock (_gate)
            {
                more = _more.Task;
                if (_lines.FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal)) is { } found) return found;
                if (_reading.IsCompleted) Assert.Fail($"kubectl never said \"{text}\" but:\n{string.Join('\n', _lines)}");
            }

            await Task.WhenAny(more, _reading).WaitAsync(_timeout);
        }
    }

    /// <summary>The local port that a port-forward has told.</summary>
    public async Task<int> LocalPortAsync()
    {
        var line = await LineAsync("Forwarding from 127.0.0.1:");
        return int.Parse(line["Forwarding from 127.0.0.1:".Length..].Split(' ')[0]);
    }

    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync(_timeout);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync(CancellationToken.None) is { } line)
        {
            lock (_gate)
            {
                _lines.Add(line);
                _more.TrySetResult();
                _more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}
