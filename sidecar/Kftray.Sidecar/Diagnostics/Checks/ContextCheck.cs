using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Kubernetes;

namespace Kftray.Sidecar.Diagnostics.Checks;

internal sealed class ContextCheck(ClusterRegistry clusters) : Check(DiagnosisLink.Context, DiagnosisLink.Kubeconfig)
{
    public override string Title(Examination examination) => "Context";

    public override Task<Finding> RunAsync(Examination examination, CancellationToken cancellationToken)
    {
        (examination.Cluster, examination.Context) = clusters.Open(examination.Kubeconfig!, examination.Spec.Context);
        var (context, server) = (examination.Context, examination.Context.Cluster.Server);
        var which = examination.Spec.Context is null ? "the current one" : "named by the forward";
        // The authority has no user name in it.
        return Task.FromResult(Finding.Pass($"'{context.Name}', {which}: {server.Scheme}://{server.Authority}{server.AbsolutePath.TrimEnd('/')}."));
    }
}
