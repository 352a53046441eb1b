using System.Net;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Targets;

namespace Kftray.Sidecar.Diagnostics.Checks;

internal sealed class NamespaceCheck() : Check(DiagnosisLink.Namespace, DiagnosisLink.Api)
{
    public override string Title(Examination examination) => "Namespace";

    public override async Task<Finding> RunAsync(Examination examination, CancellationToken cancellationToken)
    {
        var ns = examination.Namespace;
        try
        {
            await examination.Cluster!.Reader.GetAsync(ResourceKinds.Namespaces, null, ns, cancellationToken);
            var whose = examination.Spec.Namespace is not null ? "named by the forward"
                : examination.Context!.Namespace is not null ? "named by the context"
                : "because neither forward nor context names one";
            return Finding.Pass($"'{ns}' is there, {whose}.");
        }
        catch (ApiStatusException e) when (e.Status == HttpStatusCode.NotFound)
        {
            return Finding.Fail(TargetFaults.NoNamespace(ns, examination.Context!.Name).Fault);
        }
        catch (ApiStatusException e) when (e.Status == HttpStatusCode.Forbidden)
        {
            return Finding.Skip("You may not look at namespaces, and need not.");
        }
    }
}
