using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Workspace;

/// <summary>Decides whether a valid forward may run. What it refuses is shown, never started.</summary>
internal static class StartPolicy
{
    /// <returns>Why it may not run, or null.</returns>
    public static Fault? Check(ForwardSpec spec, ApplyParams request)
    {
        if (Unsupported(spec) is { } message)
            return new Fault(FaultKind.NotSupported, message);

        if (!request.Trusted)
        {
            return new Fault(
                FaultKind.UntrustedWorkspace,
                "The workspace is not trusted.",
                "Trust the workspace to start its forwards. A kubeconfig can run programs, so it is not opened before.");
        }

        if (spec.IsExposed && !request.Settings.AllowNonLoopback)
        {
            return new Fault(
                FaultKind.NonLoopbackAddress,
                $"{spec.LocalAddress} can be reached from other machines.",
                "Use 127.0.0.1, or turn on the setting kftray.allowNonLoopback.");
        }

        return UnconfirmedKubeconfig(spec, request) is { } path
            ? new Fault(
                FaultKind.ConsentRequired,
                $"The kubeconfig {path} is part of the workspace and was not confirmed.",
                "Keep it outside the workspace, for instance in ~/.kube, or allow it. A kubeconfig can run programs.",
                path)
            : null;
    }

    private static string? Unsupported(ForwardSpec spec) => spec switch
    {
        { WorkloadType: WorkloadType.Expose } => "Exposing a local port to the cluster is not supported yet.",
        { WorkloadType: WorkloadType.Proxy } => "Hosts behind the cluster need a relay in the cluster, which this version cannot run yet.",
        { Protocol: ForwardProtocol.Udp } => "UDP forwards need a relay in the cluster, which this version cannot run yet.",
        _ => null,
    };

    /// <summary>A kubeconfig that came with the workspace's files is foreign until the user says otherwise.</summary>
    private static string? UnconfirmedKubeconfig(ForwardSpec spec, ApplyParams request)
    {
        if (spec.Source == ForwardId.UserSource || spec.Kubeconfig is null)
            return null;

        // Every folder of the workspace: one of them may name what lies in another.
        string[] folders = [.. request.Documents.Where(document => document.Folder != ForwardId.UserSource)
            .Select(document => DocumentPath.FolderOf(document.Uri)).OfType<string>()];
        return KubeconfigPath.Split(spec.Kubeconfig)
            .Where(path => folders.Any(folder => IsWithin(path, folder)))
            .FirstOrDefault(path => !request.Consents.Any(consent => IsWithin(path, consent)));
    }

    /// <summary>True for the folder itself, or the very file, too.</summary>
    private static bool IsWithin(string path, string folder)
    {
        var comparison = OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        var trimmed = Path.TrimEndingDirectorySeparator(folder);
        return path.Equals(trimmed, comparison) || path.StartsWith(trimmed + Path.DirectorySeparatorChar, comparison);
    }
}
