using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Targets;

namespace Kftray.Sidecar.Diagnostics.Checks;

/// <summary>
/// The Service or pod, its port and its selector. Asks the forward's own resolver, so that what it says is what the row says.
/// </summary>
internal sealed class TargetCheck(ITargetResolver resolver) : Check(DiagnosisLink.Target, DiagnosisLink.Api)
{
    public override string Title(Examination examination) => examination.Spec.WorkloadType switch
    {
        WorkloadType.Pod => "Pod",
        WorkloadType.Proxy => "Target",
        _ => "Service",
    };

    public override async Task<Finding> RunAsync(Examination examination, CancellationToken cancellationToken)
    {
        // The resolver of such a forward would start its relay.
        if (examination.IsWithoutRelay)
            return await DestinationAsync(examination, cancellationToken);

        await foreach (var resolution in resolver.ResolveAsync(examination.Spec, cancellationToken))
        {
            examination.Resolution = resolution;
            break;
        }

        return examination.Resolution switch
        {
            Resolution.Ready ready => Found(examination, examination.NeedsRelay ? "its relay" : $"port {ready.Pods[0].Port} of its pods"),
            // It is there; why its pods are not is the next link's matter.
            Resolution.Unavailable { Fault.Kind: FaultKind.NoReadyPod } => Found(examination, "no ready pod"),
            Resolution.Unavailable unavailable => Finding.Fail(unavailable.Fault),
            _ => throw new InvalidOperationException("The resolver gave no answer."),
        };
    }

    private static async Task<Finding> DestinationAsync(Examination examination, CancellationToken cancellationToken)
    {
        await using var destination = Destination.Of(examination.Spec, examination.Cluster!, examination.Namespace);
        while (true)
        {
            var changes = destination.Refresh();
            var (found, unavailable) = destination.Resolve();
            if (unavailable is not null)
                return Finding.Fail(unavailable.Fault);
            if (found is not null)
                return Finding.Pass($"A relay in the cluster would lead to {found}.");
            await Task.WhenAny(changes).WaitAsync(cancellationToken);
        }
    }

    private static Finding Found(Examination examination, string where)
    {
        var seen = $"{examination.Spec.TargetLabel} in namespace '{examination.Namespace}' leads to {where}.";
        return examination.Resolution!.Warning is { } warning ? Finding.Warn($"{seen} {warning}", null) : Finding.Pass(seen);
    }
}
