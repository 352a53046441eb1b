namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>
/// The command line that runs a <c>.cmd</c> or <c>.bat</c> file on Windows. <c>cmd.exe</c> reads it by rules of its own, under which some
/// characters cannot be handed over as they are: these are refused, because what they would run instead is anybody's guess.
/// </summary>
internal static class BatchCommandLine
{
    public static bool IsBatch(string path) =>
        path.EndsWith(".cmd", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".bat", StringComparison.OrdinalIgnoreCase);

    /// <summary>What follows <c>cmd.exe</c>.</summary>
    /// <returns>Null when an argument cannot be handed over.</returns>
    public static string? Arguments(string path, IEnumerable<string> arguments)
    {
        string[] all = [path, .. arguments];
        // In quotes only these are special: a quote ends them, a percent sign begins a variable, a line end ends the command.
        if (all.Any(argument => argument.AsSpan().ContainsAny("\"%\r\n\0")))
            return null;
        // /d: nothing that the registry adds. /v:off: no variables in exclamation marks. /s: the outer quotes are taken off and nothing else.
        // A backslash at the end is doubled, or the program behind the batch file would take the closing quote for a literal one.
        var quoted = all.Select(argument => argument.EndsWith('\\') ? $"\"{argument}\\\"" : $"\"{argument}\"");
        return $"/d /v:off /s /c \"{string.Join(' ', quoted)}\"";
    }
}
