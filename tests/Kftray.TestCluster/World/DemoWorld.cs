using Kftray.Testing.Pods;

namespace Kftray.Testing.World;

/// <summary>The little shop that the demo and the end-to-end tests forward to.</summary>
public static class DemoWorld
{
    /// <summary>Slow enough to be seen, quick enough to be waited for.</summary>
    public static readonly PodTiming Timing = new() { StartDelayMs = 600, ReadyDelayMs = 400, TerminationDelayMs = 300, RestartDelayMs = 1000 };

    public static void Build(ClusterWorld world)
    {
        world.AddNamespace("shop");
        AddApplication(world, "web", "http", new ServicePortSpec(80, "http", "http"), new PortSpec(8080, "http"), replicas: 2);
        AddApplication(world, "orders", "http", new ServicePortSpec(80, "8081", "http"), new PortSpec(8081), replicas: 1);
        AddApplication(world, "cache", "tcp-echo", new ServicePortSpec(6379, "6379"), new PortSpec(6379), replicas: 1);
        world.AddPod("shop", "postgres-0", new PodSpec("postgres", "server-speaks-first", 5432));
    }

    private static void AddApplication(ClusterWorld world, string name, string behaviour, ServicePortSpec service, PortSpec container, int replicas)
    {
        world.AddDeployment("shop", name, new PodSpec(name, behaviour, container), replicas);
        world.AddService("shop", name, name, service);
    }
}
