using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Targets;

namespace Kftray.Sidecar.Diagnostics.Checks;

/// <summary>Whether a container declares the port. It need not: the declaration is information, and often where a slip shows.</summary>
internal sealed class ContainerPortCheck() : Check(DiagnosisLink.ContainerPort, DiagnosisLink.Pods)
{
    public override string Title(Examination examination) => "Container port";

    public override async Task<Finding> RunAsync(Examination examination, CancellationToken cancellationToken)
    {
        if (examination.NeedsRelay)
            return Finding.Skip("Does not apply: the pod is a relay.");
        var target = examination.Target!;
        PodInfo pod;
        try
        {
            pod = await examination.Cluster!.Reader.GetAsync(ResourceKinds.Pods, target.Namespace, target.Name, cancellationToken);
        }
        catch (ApiStatusException e) when (e.Fault.Kind == FaultKind.Forbidden)
        {
            return Finding.Skip("You may not look at pods, and need not.");
        }

        if (ContainerPorts.Declares(pod, new(target.Port)))
            return Finding.Pass($"Port {target.Port} is declared by a container of '{pod.Name}'.");
        var declared = string.Join(", ", ContainerPorts.Describe(pod));
        return Finding.Warn(
            $"No container of '{pod.Name}' declares port {target.Port}; {(declared.Length == 0 ? "none declares any" : $"declared: {declared}")}.",
            "That alone is no fault: containers may listen on ports that they do not declare. Check the number if nothing listens.");
    }
}
