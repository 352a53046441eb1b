using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Tests.Kubernetes;
using Xunit;
using static Kftray.Sidecar.Tests.Kubernetes.Objects;
using static Kftray.Sidecar.Tests.Targets.Answers;

namespace Kftray.Sidecar.Tests.Targets;

public sealed class PodResolverTests
{
    [Fact]
    public async Task Pod_ByName_FollowsItsReplacement()
    {
        await using var world = new World();
        world.Cluster.Put("pods", "web-0", Pod("web-0", uid: "1"));
        await using var answers = Resolve(world, Spec("web-0", 0, "http") with { WorkloadType = WorkloadType.Pod });
        var first = Assert.IsType<Resolution.Ready>(await answers.NextAsync()).Pods.Single();
        Assert.Equal(("1", 8080), (first.Uid, first.Port));

        world.Cluster.Put("pods", "web-0", Pod("web-0", uid: "1", terminating: true));
        Assert.Equal(FaultKind.NoReadyPod, (await answers.UnavailableAsync()).Fault.Kind);
        world.Cluster.Delete("pods", "web-0");
        Assert.Equal(FaultKind.PodNotFound, (await answers.UnavailableAsync()).Fault.Kind);
        world.Cluster.Put("pods", "web-0", Pod("web-0", uid: "2"));
        Assert.Equal("2", Assert.IsType<Resolution.Ready>(await answers.NextAsync()).Pods.Single().Uid);
    }

    [Fact]
    public async Task Pod_OnlyGetAllowed_IsPolledByName()
    {
        await using var world = new World();
        world.Cluster.Forbid("list", "pods");
        world.Cluster.Put("pods", "web-0", Pod("web-0"));
        await using var answers = Resolve(world, Spec("web-0", 8080) with { WorkloadType = WorkloadType.Pod });
        Assert.Contains("You may not list pods", Assert.IsType<Resolution.Ready>(await answers.NextAsync()).Warning);
    }

    [Theory]
    [InlineData("app in (web)", "a", null)]
    [InlineData("app=none", null, FaultKind.PodNotFound)]
    [InlineData("=", null, FaultKind.InvalidConfig)]
    public async Task Pod_BySelector_FindsTheReadyOnes(string selector, string? pod, FaultKind? kind)
    {
        await using var world = new World();
        world.Cluster.Put("pods", "a", Pod("a"));
        world.Cluster.Put("pods", "b", Pod("b", ready: false));
        await using var answers = Resolve(world, Spec(null, 8080) with { WorkloadType = WorkloadType.Pod, Selector = selector });
        var answer = await answers.NextAsync();
        Assert.Equal(pod, (answer as Resolution.Ready)?.Pods.Single().Name);
        Assert.Equal(kind, (answer as Resolution.Unavailable)?.Fault.Kind);
    }

    [Fact]
    public async Task Pod_NoSuchNamedPort_ListsThePortsItHas()
    {
        await using var world = new World();
        world.Cluster.Put("pods", "a", Pod("a"));
        await using var answers = Resolve(world, Spec("a", 0, "metrics") with { WorkloadType = WorkloadType.Pod });
        Assert.Equal("Its port is 8080 (http).", (await answers.UnavailableAsync()).Fault.Hint);
    }
}
