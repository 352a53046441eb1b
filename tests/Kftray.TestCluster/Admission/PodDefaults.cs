using System.Text.Json.Nodes;
using Kftray.Testing.Store;

namespace Kftray.Testing.Admission;

/// <summary>What the API server fills in on a new pod.</summary>
internal static class PodDefaults
{
    public static void Apply(JsonObject pod)
    {
        var spec = pod.Child("spec");
        spec["restartPolicy"] ??= "Always";
        spec["terminationGracePeriodSeconds"] ??= 30;
        spec["serviceAccountName"] ??= "default";
        foreach (var port in spec.Items("containers").SelectMany(container => container.Items("ports"))) port["protocol"] ??= "TCP";
        foreach (var resources in spec.Items("containers").Select(container => container["resources"] as JsonObject).OfType<JsonObject>())
        {
            // A limit without a request is the request, too.
            foreach (var (name, limit) in resources["limits"] as JsonObject ?? []) resources.Child("requests")[name] ??= limit?.DeepClone();
        }

        pod["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = "BestEffort" };
    }
}
