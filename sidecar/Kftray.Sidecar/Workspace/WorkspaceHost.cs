using System.Globalization;

namespace Kftray.Sidecar.Workspace;

/// <summary>What documents may refer to of the machine, and what limits it sets. Given, so that reading stays pure.</summary>
/// <param name="Variable">Value of an environment variable; null when it is not set.</param>
/// <param name="FirstUnprivilegedPort">Ports below it are for administrators only; 0 when there are none.</param>
/// <param name="Contexts">
/// The contexts of a kubeconfig as a forward names it; null when they are not known. Asked only for forwards that may run.
/// </param>
internal sealed record WorkspaceHost(
    Func<string, string?> Variable, string HomeFolder, int FirstUnprivilegedPort, Func<string?, IReadOnlyList<string>?> Contexts)
{
    /// <summary>A machine that has nothing and forbids nothing.</summary>
    public static WorkspaceHost None { get; } = new(_ => null, "", 0, _ => null);

    public static WorkspaceHost FromProcess(Func<string?, IReadOnlyList<string>?> contexts) => new(
        Environment.GetEnvironmentVariable,
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
        ReadFirstUnprivilegedPort(),
        contexts);

    // https://docs.kernel.org/networking/ip-sysctl.html : ip_unprivileged_port_start. Windows and macOS have no such limit on loopback.
    private static int ReadFirstUnprivilegedPort()
    {
        if (!OperatingSystem.IsLinux() || Environment.IsPrivilegedProcess)
            return 0;
        try
        {
            var text = File.ReadAllText("/proc/sys/net/ipv4/ip_unprivileged_port_start");
            return int.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : 1024;
        }
        catch (IOException)
        {
            // Kernels before 4.11 have no such file, and this limit.
            return 1024;
        }
    }
}
