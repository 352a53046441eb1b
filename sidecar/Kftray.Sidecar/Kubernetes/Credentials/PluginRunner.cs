using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>
/// Runs plugins as processes. Their standard input is closed at once: ours is the editor's pipe, and a plugin that reads it would eat requests.
/// </summary>
internal sealed class PluginRunner(HostEnvironment environment, TimeProvider time) : IPluginRunner
{
    /// <summary>Long enough for a plugin that renews over a slow network, short enough to notice one that waits for a person.</summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private const int MaxOutputChars = 1024 * 1024;
    private const int MaxErrorChars = 2000;

    public async Task<string> RunAsync(ExecConfig plugin, string execInfo, CancellationToken cancellationToken)
    {
        using var process = new Process { StartInfo = StartInfo(plugin, execInfo) };
        try
        {
            process.Start();
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            throw NotStarted(plugin, e);
        }

        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(Limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var output = ReadAsync(process.StandardOutput, MaxOutputChars, stop.Token);
            var error = ReadAsync(process.StandardError, MaxErrorChars, stop.Token);
            await Task.WhenAll(output, error, process.WaitForExitAsync(stop.Token));
            return process.ExitCode == 0 ? await output : throw Failed(plugin, $"failed with exit code {process.ExitCode}", await error);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Failed(plugin, $"did not end within {Limit.TotalSeconds:0} s", "");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private ProcessStartInfo StartInfo(ExecConfig plugin, string execInfo)
    {
        var start = new ProcessStartInfo(plugin.Command)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        foreach (var argument in plugin.Arguments)
            start.ArgumentList.Add(argument);
        start.Environment.Clear();
        foreach (var (name, value) in environment.Variables)
            start.Environment[name] = value;
        foreach (var (name, value) in plugin.Environment)
            start.Environment[name] = value;
        start.Environment["KUBERNETES_EXEC_INFO"] = execInfo;
        return start;
    }

    /// <summary>Reads to the end and keeps the last <paramref name="limit"/> characters, so that a talkative plugin never blocks.</summary>
    private static async Task<string> ReadAsync(StreamReader reader, int limit, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var buffer = new char[4096];
        while (await reader.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            text.Append(buffer, 0, count);
            if (text.Length > limit)
                text.Remove(0, text.Length - limit);
        }

        return text.ToString();
    }

    private ForwardException NotStarted(ExecConfig plugin, Exception e) => new(new(FaultKind.CredentialsUnavailable,
        Path.IsPathFullyQualified(plugin.Command)
            ? $"The credential plugin {plugin.Command} of user '{plugin.UserName}' cannot be started."
            : $"The credential plugin '{plugin.Command}' of user '{plugin.UserName}' was not found in PATH ({environment["PATH"]}).",
        plugin.InstallHint?.Trim() ?? "Install the plugin, or name it by its full path in the kubeconfig."), e);

    private static ForwardException Failed(ExecConfig plugin, string how, string error) => new(new(FaultKind.CredentialsUnavailable,
        $"The credential plugin '{Path.GetFileName(plugin.Command)}' of user '{plugin.UserName}' {how}" +
        (error.Trim() is { Length: > 0 } said ? $": {said}" : "."),
        "Run the same command in a terminal; it may ask you to sign in."));
}
