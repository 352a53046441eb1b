using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Kftray.Relay.Tests;

/// <summary>The relay as it is shipped, running; killed at the latest when it is disposed.</summary>
internal sealed partial class RelayProcess : IDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly SemaphoreSlim _said = new(0);

    private RelayProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>Its port for clients of old.</summary>
    public IPEndPoint Compatible { get; private set; } = null!;

    /// <summary>What it has said so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    /// <summary>Bytes of memory that it occupies now.</summary>
    public long Resident
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Sockets that it has open now.</summary>
    public int OpenSockets => Directory.GetFiles($"/proc/{Id}/fd").Count(IsSocket);

    public static RelayProcess Launch(params (string Name, string Value)[] environment) => Launch(new ProcessStartInfo(FindProgram()), environment);

    private static RelayProcess Launch(ProcessStartInfo start, (string Name, string Value)[] environment)
    {
        start.RedirectStandardError = true;
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var relay = new RelayProcess(Process.Start(start)!);
        relay._process.ErrorDataReceived += (_, said) => relay.Add(said.Data);
        relay._process.BeginErrorReadLine();
        return relay;
    }

    /// <summary>Returns when it listens.</summary>
    public static Task<RelayProcess> StartAsync((string Name, string Value)[] environment, CancellationToken timeout) =>
        StartAsync(new ProcessStartInfo(FindProgram()), environment, timeout);

    /// <summary>Returns when what this starts, in the end the relay, listens.</summary>
    public static async Task<RelayProcess> StartAsync(ProcessStartInfo start, (string Name, string Value)[] environment, CancellationToken timeout)
    {
        var relay = Launch(start, environment);
        try
        {
            var line = await relay.WaitForLineAsync("listening on", timeout);
            relay.Compatible = IPEndPoint.Parse(Listening().Match(line).Groups[1].Value);
            return relay;
        }
        catch
        {
            relay.Dispose();
            throw;
        }
    }

    public async Task<string> WaitForLineAsync(string part, CancellationToken timeout)
    {
        while (true)
        {
            if (Lines.FirstOrDefault(line => line.Contains(part, StringComparison.Ordinal)) is { } found)
                return found;
            await _said.WaitAsync(timeout);
        }
    }

    public async Task<int> WaitForEndAsync(CancellationToken timeout)
    {
        // Also waits for the last of its lines.
        await _process.WaitForExitAsync(timeout);
        return _process.ExitCode;
    }

    /// <summary>Tells it to end as the kubelet does.</summary>
    /// <returns>Its exit code and its last line, which says what it counted.</returns>
    public async Task<(int ExitCode, string LastLine)> TerminateAsync(CancellationToken timeout)
    {
        using var kill = Process.Start("kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(timeout);
        return (await WaitForEndAsync(timeout), Lines[^1]);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    /// <summary>What was built last for shipping, or else the build beside these tests.</summary>
    public static string FindProgram() =>
        Environment.GetEnvironmentVariable("KFTRAY_SERVER") is { Length: > 0 } named ? named
        : Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "kftray-server.exe" : "kftray-server");

    private static bool IsSocket(string file)
    {
        try
        {
            return new FileInfo(file).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true;
        }
        catch (IOException)
        {
            // Closed since it was listed.
            return false;
        }
    }

    private void Add(string? line)
    {
        if (line is null)
            return;
        lock (_lines)
            _lines.Add(line);
        _said.Release();
    }

    [GeneratedRegex(@"listening on ([^,]+),")]
    private static partial Regex Listening();
}
