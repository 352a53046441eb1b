using System.ComponentModel;
using System.Diagnostics;
using Kftray.Sidecar.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>
/// The PATH of the user's login shell. A program that was started from a desktop has not got it, and plugins are installed where it leads to.
/// Asked for once in the life of the process.
/// </summary>
internal sealed class LoginShell(HostEnvironment environment, TimeProvider time, ILogger logger)
{
    /// <summary>A start-up file that takes longer is not waited for.</summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    // Start-up files print greetings: the value stands between two of these.
    private const string Mark = "_kftray_path_";

    private readonly Lock _gate = new();
    private Task<string?>? _path;

    /// <returns>Null where there is no such shell, or it does not say.</returns>
    public Task<string?> PathAsync()
    {
        lock (_gate)
            return _path ??= Task.Run(ReadAsync);
    }

    private async Task<string?> ReadAsync()
    {
        if (OperatingSystem.IsWindows() || environment["SHELL"] is not { } shell || !Path.IsPathFullyQualified(shell))
            return null;

        // Interactive, as many set PATH in the files for that only; but not where there may be a terminal, for which such a shell would fight.
        string[] kind = environment["SHLVL"] is null ? ["-i", "-l"] : ["-l"];
        var start = new ProcessStartInfo(shell, [.. kind, "-c", $"printf '%s' \"{Mark}$PATH{Mark}\""])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in environment.Variables)
            start.Environment[name] = value;

        var began = time.GetTimestamp();
        var path = await RunAsync(start);
        LoginShellLog.Read(logger, shell, time.GetElapsedTime(began), path is not null);
        return path;
    }

    private async Task<string?> RunAsync(ProcessStartInfo start)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        try
        {
            using var process = Process.Start(start)!;
            try
            {
                process.StandardInput.Close();
                var output = process.StandardOutput.ReadToEndAsync(limit.Token);
                var error = process.StandardError.ReadToEndAsync(limit.Token);
                await Task.WhenAll(output, error, process.WaitForExitAsync(limit.Token));
                return (await output).Split(Mark) is [_, { Length: > 0 } path, _] ? path : null;
            }
            finally
            {
                if (!process.HasExited)
                    process.Kill(entireProcessTree: true);
            }
        }
        catch (Exception e) when (e is Win32Exception or IOException or OperationCanceledException)
        {
            // No such shell, or one that takes too long: then there is the PATH we have.
            return null;
        }
    }
}

internal static partial class LoginShellLog
{
    [LoggerMessage(EventIds.LoginShellRead, LogLevel.Debug, "Asked the login shell {Shell} for its PATH in {Elapsed}; answered: {Answered}")]
    public static partial void Read(ILogger logger, string shell, TimeSpan elapsed, bool answered);
}
