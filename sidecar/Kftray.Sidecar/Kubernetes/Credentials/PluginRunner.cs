using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>
/// Runs plugins as processes. Their standard input is closed at once: ours is the editor's pipe, and a plugin that reads it would eat requests.
/// </summary>
internal sealed class PluginRunner(HostEnvironment environment, PluginSearchPath searchPath, TimeProvider time) : IPluginRunner
{
    /// <summary>For a person who signs in, perhaps with a second device.</summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private const int MaxOutputChars = 1024 * 1024;
    private const int MaxErrorChars = 16 * 1024;
    private const int MaxFoldersShown = 12;

    private readonly PluginLocator _locator = PluginLocator.Create(environment);

    public async Task<string> RunAsync(ExecConfig plugin, string execInfo, Action<string> said, CancellationToken cancellationToken)
    {
        using var process = new Process { StartInfo = await StartInfoAsync(plugin, execInfo) };
        try
        {
            process.Start();
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            throw NotStarted(plugin, process.StartInfo.FileName, e);
        }

        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(Limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        // Arguments of the kubeconfig are no secrets of a plugin: it shows them to every user of the machine. Its variables may be.
        string[] secrets = [.. plugin.Environment.Where(variable => IsSecret(variable.Key)).Select(variable => variable.Value)];
        try
        {
            var output = ReadAsync(process.StandardOutput, MaxOutputChars, null, stop.Token);
            var error = ReadAsync(process.StandardError, MaxErrorChars, text => said(PluginSpeech.Clean(text, secrets)), stop.Token);
            await Task.WhenAll(output, error, process.WaitForExitAsync(stop.Token));
            return process.ExitCode == 0
                ? await output
                : throw Failed(plugin, $"failed with exit code {process.ExitCode}", PluginSpeech.Clean(await error, secrets));
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Failed(plugin, $"did not end within {Limit.TotalMinutes:0} minutes", "");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private async Task<ProcessStartInfo> StartInfoAsync(ExecConfig plugin, string execInfo)
    {
        var folders = await searchPath.FoldersAsync();
        var file = _locator.Find(plugin.Command, folders);
        if (file is null && !PluginLocator.IsPath(plugin.Command))
            file = _locator.Find(plugin.Command, folders = await searchPath.AllAsync());
        if (file is null)
            throw NotFound(plugin, folders);

        var start = BatchCommandLine.IsBatch(file) && OperatingSystem.IsWindows()
            ? new ProcessStartInfo(environment["ComSpec"] ?? "cmd.exe", BatchCommandLine.Arguments(file, plugin.Arguments) ?? throw NotForBatch(plugin))
            : new ProcessStartInfo(file, plugin.Arguments);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.CreateNoWindow = true;
        start.Environment.Clear();
        foreach (var (name, value) in environment.Variables)
            start.Environment[name] = value;
        start.Environment["PATH"] = string.Join(Path.PathSeparator, folders);
        foreach (var (name, value) in plugin.Environment)
            start.Environment[name] = value;
        start.Environment["KUBERNETES_EXEC_INFO"] = execInfo;
        return start;
    }

    /// <summary>Reads to the end and keeps the last <paramref name="limit"/> characters, so that a talkative plugin never blocks.</summary>
    private static async Task<string> ReadAsync(StreamReader reader, int limit, Action<string>? sofar, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var buffer = new char[4096];
        while (await reader.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            text.Append(buffer, 0, count);
            if (text.Length > limit)
                text.Remove(0, text.Length - limit);
            sofar?.Invoke(text.ToString());
        }

        return text.ToString();
    }

    private static bool IsSecret(string variable) => (string[])["SECRET", "TOKEN", "PASSWORD", "PASSWD", "KEY", "CREDENTIAL"] is var words
        && words.Any(word => variable.Contains(word, StringComparison.OrdinalIgnoreCase));

    private static ForwardException NotFound(ExecConfig plugin, IReadOnlyList<string> folders)
    {
        var where = string.Join(Path.PathSeparator, folders.Take(MaxFoldersShown));
        var more = folders.Count > MaxFoldersShown ? $" and {folders.Count - MaxFoldersShown} more" : "";
        return new(new(FaultKind.CredentialsUnavailable,
            PluginLocator.IsPath(plugin.Command)
                ? $"There is no program {plugin.Command}, the credential plugin of user '{plugin.UserName}'."
                : $"The credential plugin '{plugin.Command}' of user '{plugin.UserName}' was not found in PATH ({where}{more}).",
            plugin.InstallHint ?? "Install the plugin, or name it by its full path in the kubeconfig."));
    }

    private static ForwardException NotStarted(ExecConfig plugin, string file, Exception e) => new(new(FaultKind.CredentialsUnavailable,
        $"The credential plugin {file} of user '{plugin.UserName}' cannot be started: {e.Message}.", "Check that it is a program for this system."), e);

    private static ForwardException NotForBatch(ExecConfig plugin) => new(new(FaultKind.CredentialsUnavailable,
        $"The credential plugin '{plugin.Command}' of user '{plugin.UserName}' is a batch file, and an argument has a quote, a percent sign or a line end, which cannot be handed to one.",
        "Name a program (.exe) in the kubeconfig, or change the argument."));

    private static ForwardException Failed(ExecConfig plugin, string how, string said) => new(new(FaultKind.CredentialsUnavailable,
        $"The credential plugin '{Path.GetFileName(plugin.Command)}' of user '{plugin.UserName}' {how}{(said.Length > 0 ? $": {said}" : ".")}",
        "Run the same command in a terminal; it may ask you to sign in."));
}
