using System.Diagnostics;

namespace Kftray.Conformance.Tests.Credentials;

/// <summary>
/// Runs kubectl where a folder of ours lies at the place at which a pod finds its service account, which is fixed in kubectl: in a mount
/// namespace of its own.
/// </summary>
internal static class ServiceAccountFolder
{
    private static readonly Lazy<bool> Allowed = new(Try);

    /// <summary>False where a process may have no mount namespace of its own.</summary>
    public static bool IsPossible => Allowed.Value;

    /// <returns>What to put in front of a command line.</returns>
    public static IReadOnlyList<string> Command(string folder) =>
    [
        "unshare", "--mount", "sh", "-c",
        """
        mount -t tmpfs tmpfs "$(readlink -f /var/run)" && mkdir -p /var/run/secrets/kubernetes.io &&
        ln -s "$0" /var/run/secrets/kubernetes.io/serviceaccount && exec "$@"
        """,
        folder,
    ];

    private static bool Try()
    {
        if (!OperatingSystem.IsLinux())
            return false;
        var command = Command("/");
        using var process = Process.Start(new ProcessStartInfo(command[0], [.. command.Skip(1), "true"]) { RedirectStandardError = true });
        process!.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
