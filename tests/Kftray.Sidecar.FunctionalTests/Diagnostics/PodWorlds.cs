using System.Text.Json.Nodes;
using Kftray.Sidecar.Contract;
using Kftray.Testing.Faults;
using Kftray.Testing.Store;
using Kftray.Testing.World;

namespace Kftray.Sidecar.FunctionalTests.Diagnostics;

/// <summary>What breaks between the Service and the application.</summary>
internal static class PodWorlds
{
    private const string Shop = Lab.Namespace;

    public static IEnumerable<BrokenWorld> All =>
    [
        new("service misspelt", DiagnosisLink.Target, FaultKind.ServiceNotFound,
            "There is no service 'wbe' in namespace 'shop'.", "Did you mean 'web'?")
        {
            Forward = """{ "alias": "web", "service": "wbe", "remote_port": 80 }""",
        },
        new("service with another ending", DiagnosisLink.Target, FaultKind.ServiceNotFound,
            "There is no service 'orders' in namespace 'shop'.", "Did you mean 'orders-svc'?")
        {
            Forward = """{ "alias": "web", "service": "orders", "remote_port": 80 }""",
            Break = lab =>
            {
                lab.Cluster.World.AddService(Shop, "orders-svc", "orders", new ServicePortSpec(80));
                return Task.CompletedTask;
            },
        },
        new("service not installed", DiagnosisLink.Target, FaultKind.ServiceNotFound,
            "There is no service 'payments' in namespace 'shop'.", "Check its name, the namespace and the context; it is waited for.")
        {
            Forward = """{ "alias": "web", "service": "payments", "remote_port": 80 }""",
        },
        new("another port", DiagnosisLink.Target, FaultKind.PortNotFound,
            "There is no port 81 at service 'web'.", "Its port is 80 → main.")
        {
            Forward = """{ "service": "web", "remote_port": 81 }""",
        },
        new("service that is an alias", DiagnosisLink.Target, FaultKind.NotSupported,
            "Service 'web' is only an alias for db.example.com and has no pods.", "Forward to the host itself, through the cluster, with workload_type proxy.")
        {
            Break = lab => Change(lab, ResourceKinds.Services, "web", service => service["spec"] = new JsonObject
            {
                ["type"] = "ExternalName", ["externalName"] = "db.example.com",
            }),
        },
        new("pod misspelt", DiagnosisLink.Target, FaultKind.PodNotFound,
            "There is no pod 'lonly' in namespace 'shop'.", "Did you mean 'lonely'?")
        {
            Forward = """{ "alias": "web", "workload_type": "pod", "service": "lonly", "remote_port": 8080 }""",
            Break = lab => AddPodAsync(lab, "lonely", "http"),
        },
        new("selector that finds nothing", DiagnosisLink.Target, FaultKind.PodNotFound,
            "There is no pod with 'app=none' in namespace 'shop'.", "Check the name or the selector, the namespace and the context; it is waited for.")
        {
            Forward = """{ "alias": "web", "workload_type": "pod", "target": "app=none", "remote_port": 8080 }""",
        },
        new("port name of nobody", DiagnosisLink.Target, FaultKind.PortNotFound,
            "There is no port grpc at pod 'web-…'.", "Its port is 8080 (main).")
        {
            Forward = """{ "alias": "web", "workload_type": "pod", "target": "app=web", "remote_port": "grpc" }""",
        },

        new("scaled to zero", DiagnosisLink.Pods, FaultKind.NoReadyPod,
            "There is no pod of service 'web'.", "Is it scaled to zero, or are the labels of its pods others than app=web? It is waited for.")
        {
            Break = async lab =>
            {
                var pod = lab.Cluster.Pods.Ready(Shop, "app=web")[0];
                lab.Cluster.World.Scale(Shop, "web", 0);
                await lab.Cluster.Pods.WaitGoneAsync(pod, lab.Timeout);
            },
        },
        new("addresses that are no pods", DiagnosisLink.Pods, FaultKind.NoReadyPod,
            "Service 'legacy' leads to addresses that are no pods.", "A port-forward ends in a pod; use workload_type proxy for such an address.")
        {
            Forward = """{ "alias": "web", "service": "legacy", "remote_port": 80 }""",
            Break = lab =>
            {
                lab.Cluster.World.AddService(Shop, "legacy", null, new ServicePortSpec(80));
                lab.Cluster.World.Add(ResourceKinds.EndpointSlices, Shop, new JsonObject
                {
                    ["metadata"] = new JsonObject { ["name"] = "legacy-1", ["labels"] = new JsonObject { ["kubernetes.io/service-name"] = "legacy" } },
                    ["addressType"] = "IPv4",
                    ["endpoints"] = new JsonArray(new JsonObject { ["addresses"] = new JsonArray("192.0.2.7") }),
                    ["ports"] = new JsonArray(new JsonObject { ["port"] = 80, ["protocol"] = "TCP" }),
                });
                return Task.CompletedTask;
            },
        },
        new("crash loop", DiagnosisLink.Pods, FaultKind.NoReadyPod,
            "No pod of service 'sick' is ready (sick-0: CrashLoopBackOff).", "Its container ends again and again; why, its log tells: kubectl logs --previous -n shop sick-0")
        {
            Forward = SickForward,
            Break = lab => AddSickPodAsync(lab, new()
            {
                ["waiting"] = new JsonObject { ["reason"] = "CrashLoopBackOff", ["message"] = "back-off 5m0s restarting failed container" },
            }),
        },
        new("image that cannot be pulled", DiagnosisLink.Pods, FaultKind.NoReadyPod,
            "No pod of service 'sick' is ready (sick-0: ImagePullBackOff).", "Its image cannot be pulled: check the image's name and tag, and the pull secret.")
        {
            Forward = SickForward,
            Break = lab => AddSickPodAsync(lab, new() { ["waiting"] = new JsonObject { ["reason"] = "ImagePullBackOff", ["message"] = "Back-off pulling image" } }),
        },
        new("secret that is missing", DiagnosisLink.Pods, FaultKind.NoReadyPod,
            "No pod of service 'sick' is ready (sick-0: CreateContainerConfigError).", "It names a ConfigMap, Secret or volume that is not there…")
        {
            Forward = SickForward,
            Break = lab => AddSickPodAsync(lab, new()
            {
                ["waiting"] = new JsonObject { ["reason"] = "CreateContainerConfigError", ["message"] = "secret \"db\" not found" },
            }),
        },
        new("no node", DiagnosisLink.Pods, FaultKind.NoReadyPod,
            "No pod of service 'sick' is ready (sick-0: Unschedulable).", "No node takes it; what is missing: kubectl describe pod -n shop sick-0")
        {
            Forward = SickForward,
            Break = lab => AddSickPodAsync(lab, null),
        },
        new("readiness probe", DiagnosisLink.Pods, FaultKind.NoReadyPod,
            "No pod of service 'sick' is ready (sick-0: readiness probe not passed).", "Its readiness probe does not pass: check what the probe asks for, and the application's log.")
        {
            Forward = SickForward,
            Break = lab => AddSickPodAsync(lab, new() { ["running"] = new JsonObject { ["startedAt"] = "2026-01-01T00:00:00Z" } }),
        },

        new("gateway without upgrades", DiagnosisLink.PodSession, FaultKind.UpgradeRefused,
            "The cluster of context 'demo' refused to forward ports of pods in namespace 'shop' (400).…", "Use a context that leads to the API server itself, or have the gateway pass upgrades.")
        {
            Break = lab =>
            {
                lab.Own(lab.Cluster.Break(new RequestFault(FaultAction.Status) { Resource = "pods/portforward", Code = 400 }));
                return Task.CompletedTask;
            },
        },
        new("nothing listens", DiagnosisLink.Application, FaultKind.ConnectionRefused,
            "Nothing listens on the port inside the pod.", "Check the port, and that the process listens on localhost or all addresses of the pod.")
        {
            Forward = """{ "alias": "web", "workload_type": "pod", "service": "deaf", "remote_port": 8080 }""",
            Break = lab => AddPodAsync(lab, "deaf", "refuse"),
            NeedsAClient = true,
        },
    ];

    private static string SickForward => """{ "alias": "web", "service": "sick", "remote_port": 80 }""";

    private static Task Change(Lab lab, ResourceKind kind, string name, Action<JsonObject> change)
    {
        lab.Cluster.World.Update(kind, Shop, name, change);
        return Task.CompletedTask;
    }

    private static async Task AddPodAsync(Lab lab, string name, string behaviour)
    {
        lab.Cluster.World.AddPod(Shop, name, new PodSpec(name, behaviour, new PortSpec(8080, "main")));
        await lab.Cluster.Pods.WaitReadyByNameAsync(Shop, name, lab.Timeout);
    }

    /// <summary>A pod that the kubelet never starts, with the status of one that it has tried to start, and a Service before it.</summary>
    /// <param name="state">Of its container; null for a pod that no node takes.</param>
    private static async Task AddSickPodAsync(Lab lab, JsonObject? state)
    {
        lab.Cluster.World.AddService(Shop, "sick", "sick", new ServicePortSpec(80, "main"));
        lab.Cluster.World.AddPod(Shop, "sick-0", new PodSpec("sick", "http", new PortSpec(8080, "main"))
        {
            Annotations = new Dictionary<string, string> { ["testcluster/start-delay-ms"] = "-1" },
        });
        // The kubelet's first word; it says nothing more about a pod that does not start.
        await lab.Cluster.World.WaitAsync(ResourceKinds.Pods, Shop, "sick-0", pod => pod?["spec"]?["nodeName"] is not null, lab.Timeout);
        await Change(lab, ResourceKinds.Pods, "sick-0", pod =>
        {
            var container = pod["spec"]!["containers"]![0]!.AsObject();
            container["readinessProbe"] = new JsonObject { ["httpGet"] = new JsonObject { ["path"] = "/healthz", ["port"] = 8080 } };
            pod["status"] = state is null
                ? new JsonObject
                {
                    ["phase"] = "Pending",
                    ["conditions"] = new JsonArray(Condition("PodScheduled", "Unschedulable", "0/3 nodes are available: 3 Insufficient memory.")),
                }
                : new JsonObject
                {
                    ["phase"] = "Running",
                    ["conditions"] = new JsonArray(Condition("Ready", "ContainersNotReady", "containers with unready status: [main]")),
                    ["containerStatuses"] = new JsonArray(new JsonObject
                    {
                        ["name"] = "main", ["ready"] = false, ["started"] = state.ContainsKey("running"), ["restartCount"] = 4, ["state"] = state.DeepClone(),
                        ["image"] = "x", ["imageID"] = "x",
                        ["lastState"] = new JsonObject
                        {
                            ["terminated"] = new JsonObject { ["exitCode"] = 137, ["reason"] = "OOMKilled", ["startedAt"] = "2026-01-01T00:00:00Z", ["finishedAt"] = "2026-01-01T00:00:01Z" },
                        },
                    }),
                };
        });
    }

    private static JsonObject Condition(string type, string reason, string message) =>
        new() { ["type"] = type, ["status"] = "False", ["reason"] = reason, ["message"] = message, ["lastTransitionTime"] = "2026-01-01T00:00:00Z" };
}
