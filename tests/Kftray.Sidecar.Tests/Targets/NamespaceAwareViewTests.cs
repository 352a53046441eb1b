using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Tests.Kubernetes;
using Xunit;
using static Kftray.Sidecar.Tests.Kubernetes.Objects;
using static Kftray.Sidecar.Tests.Targets.Answers;

namespace Kftray.Sidecar.Tests.Targets;

public sealed class NamespaceAwareViewTests
{
    [Fact]
    public async Task Service_InANamespaceThatIsNotThere_IsNotWhatIsMissing()
    {
        await using var world = new World();
        world.Cluster.MissingNamespaces.Add("shop");
        await using var answers = Resolve(world, Spec("api", 80));

        var fault = (await answers.UnavailableAsync()).Fault;

        Assert.Equal((FaultKind.NamespaceNotFound, "There is no namespace 'shop' in the cluster of context 'one'."), (fault.Kind, fault.Message));
    }

    [Fact]
    public async Task Service_WhoseNamespaceMayNotBeLookedAt_IsWhatIsMissing()
    {
        await using var world = new World();
        world.Cluster.Forbid("get", "namespaces");
        await using var answers = Resolve(world, Spec("api", 80));

        Assert.Equal(FaultKind.ServiceNotFound, (await answers.UnavailableAsync()).Fault.Kind);
    }

    [Fact]
    public async Task Pod_ThatAppears_EndsTheQuestion()
    {
        await using var world = new World();
        await using var answers = Resolve(world, Spec("a", 8080) with { WorkloadType = WorkloadType.Pod });
        Assert.Equal(FaultKind.PodNotFound, (await answers.UnavailableAsync()).Fault.Kind);

        world.Cluster.Put("pods", "a", Pod("a"));

        Assert.IsType<Resolution.Ready>(await answers.NextAsync());
    }
}
