using System.Diagnostics;

namespace Kftray.Testing.Pods;

/// <summary>
/// Sees to it that no program of a pod outlives this process, even if this is killed: a shell beside it waits on the standard input, a pipe
/// that the kernel closes for the dead, and kills it then. (PR_SET_PDEATHSIG would not do: it follows the thread that started the program.)
/// A line on that pipe says that all is well and the program has ended by itself.
/// </summary>
internal static class ProcessGuard
{
    private const string Shell = "/bin/sh";

    // $$ stays the number of this shell, which the program takes over.
    private const string Script = """
        exec 3<&0
        (read -r _ <&3 || kill -KILL $$) >/dev/null 2>&1 &
        exec 3<&-
        exec "$@" </dev/null
        """;

    private static bool IsPossible => !OperatingSystem.IsWindows();

    /// <summary>The program must be started with its standard input redirected, and that be kept open.</summary>
    public static void Wrap(ProcessStartInfo start)
    {
        if (!IsPossible) return;
        string[] arguments = ["-c", Script, Shell, start.FileName, .. start.ArgumentList];
        start.FileName = Shell;
        start.ArgumentList.Clear();
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
    }

    /// <summary>The program has ended: the guard may go.</summary>
    public static async Task DismissAsync(StreamWriter standardInput)
    {
        try
        {
            if (IsPossible) await standardInput.WriteAsync("\n");
            standardInput.Close();
        }
        catch (IOException)
        {
            // It was killed with the program.
        }
    }
}
