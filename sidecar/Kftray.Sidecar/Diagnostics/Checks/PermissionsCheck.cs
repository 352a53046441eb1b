using System.Net;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Kubernetes.Examination;

namespace Kftray.Sidecar.Diagnostics.Checks;

/// <summary>What the user may do, of what the forward needs or does better with.</summary>
internal sealed class PermissionsCheck() : Check(DiagnosisLink.Permissions, DiagnosisLink.Api)
{
    public override string Title(Examination examination) => "Permissions";

    public override async Task<Finding> RunAsync(Examination examination, CancellationToken cancellationToken)
    {
        var (ns, context) = (examination.Namespace, examination.Context!);
        var needs = ForwardPermissions.Of(examination.Spec, ns);
        bool[] answers;
        try
        {
            answers = await Task.WhenAll(needs.All.Select(permission => examination.Cluster!.Examiner.MayAsync(permission.Permission, permission.Namespace, cancellationToken)));
        }
        catch (ApiStatusException e) when (e.Status is HttpStatusCode.Forbidden or HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed)
        {
            return Finding.Warn("The server does not tell what you may do.", "What is forbidden shows at the links that need it.");
        }

        var denied = needs.All.Where((_, index) => !answers[index]).ToHashSet();
        if (denied.Count == 0)
        {
            var places = string.Join(" and ", needs.All.Select(needed => $"'{needed.Namespace}'").Distinct());
            return Finding.Pass($"You may do all that the forward does in namespace {places}.");
        }

        var role = RoleManifest.Write(denied, context.User.Impersonation?.User);
        if (needs.FirstMissing(denied) is { } missing)
        {
            var what = missing.Permission == ForwardPermissions.PortForward ? "forward ports of pods" : $"{missing}";
            return Finding.Fail(KubernetesFaults.FromStatus(HttpStatusCode.Forbidden, null, new($"{what} in namespace '{missing.Namespace}'", context.Name))) with { Details = role };
        }

        var effects = needs.All.Where(denied.Contains).Select(permission => $"You may not {permission}: {needs.Without(permission)}.");
        return Finding.Warn(string.Join(' ', effects), "It works without; the Role below would grant it.") with { Details = role };
    }
}
