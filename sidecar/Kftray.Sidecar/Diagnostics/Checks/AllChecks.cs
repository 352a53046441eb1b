using Kftray.Sidecar.Endpoints.Owners;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;

namespace Kftray.Sidecar.Diagnostics.Checks;

/// <summary>The chain, from the config entry to the application and back.</summary>
internal static class AllChecks
{
    public static IReadOnlyList<Check> Create(ClusterRegistry clusters, IPortOwners owners, ForwardDependencies dependencies) =>
    [
        new ConfigEntryCheck(),
        new KubeconfigCheck(clusters),
        new ContextCheck(clusters),
        new CredentialsCheck(dependencies.Time),
        new ServerCheck(dependencies.Time),
        new ApiCheck(),
        new PermissionsCheck(),
        new NamespaceCheck(),
        new TargetCheck(dependencies.Resolver),
        new PodsCheck(),
        new ContainerPortCheck(),
        new PodSessionCheck(dependencies.Time),
        new ApplicationCheck(dependencies.Time),
        new LocalPortCheck(dependencies.Binder, owners),
        new RoundTripCheck(dependencies),
    ];
}
