using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Kubernetes;

namespace Kftray.Sidecar.Diagnostics.Checks;

internal sealed class KubeconfigCheck(ClusterRegistry clusters) : Check(DiagnosisLink.Kubeconfig, DiagnosisLink.ConfigEntry)
{
    public override string Title(Examination examination) => "Kubeconfig";

    public override Task<Finding> RunAsync(Examination examination, CancellationToken cancellationToken)
    {
        examination.Kubeconfig = clusters.WatchKubeconfig(examination.Spec.Kubeconfig);
        var state = examination.Kubeconfig.Current.Value;
        return Task.FromResult(state.Kubeconfig is { } kubeconfig ? Describe(kubeconfig) : Finding.Fail(state.Fault!));
    }

    private static Finding Describe(Kubeconfig kubeconfig)
    {
        var missing = kubeconfig.Paths.Where(path => !File.Exists(path)).ToArray();
        var contexts = kubeconfig.Contexts.Count == 1 ? "1 context" : $"{kubeconfig.Contexts.Count} contexts";
        return Finding.Pass(
            $"{string.Join(" and ", kubeconfig.Paths.Except(missing))}: {contexts}."
            + (missing.Length == 0 ? "" : $" Not there: {string.Join(", ", missing)}."));
    }
}
