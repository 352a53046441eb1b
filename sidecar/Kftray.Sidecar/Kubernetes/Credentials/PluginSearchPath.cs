namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>The PATH that plugins are looked for in and run with: ours, and behind it what only the login shell has.</summary>
internal sealed class PluginSearchPath(HostEnvironment environment, LoginShell shell)
{
    /// <summary>Our own, and the login shell's where this process did not come from a shell.</summary>
    public async Task<IReadOnlyList<string>> FoldersAsync() => environment["SHLVL"] is null ? await AllAsync() : Split(environment["PATH"]);

    /// <summary>Both, whatever this process came from.</summary>
    public async Task<IReadOnlyList<string>> AllAsync() => [.. Split(environment["PATH"]).Concat(Split(await shell.PathAsync())).Distinct()];

    private static string[] Split(string? path) =>
        (path ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
