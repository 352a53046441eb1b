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
        pod["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = "BestEffort" };
    }
}
