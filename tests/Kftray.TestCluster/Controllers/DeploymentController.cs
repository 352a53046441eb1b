using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Kftray.Testing.Store;

namespace Kftray.Testing.Controllers;

/// <summary>
/// Keeps a deployment's pods: the right number of them, and a rolling replacement when the template changes. The pods belong to the
/// deployment itself; the replica sets in between would show nothing that a port-forward could tell.
/// </summary>
internal sealed class DeploymentController(ObjectStore store, ControlledPods controlled) : IController
{
    private const string HashLabel = "pod-template-hash";

    private static readonly TimeSpan RefusalDelay = TimeSpan.FromSeconds(1);

    public TimeSpan? Reconcile(string @namespace)
    {
        var deployments = store.List(ResourceKinds.Deployments, @namespace).Items;
        if (deployments.Count == 0) return null;
        var owned = controlled.ByOwner(@namespace);
        var retry = false;
        foreach (var deployment in deployments.Where(deployment => !deployment.IsTerminating)) retry |= !Reconcile(deployment, [.. owned[deployment.Uid]]);
        return retry ? RefusalDelay : null;
    }

    /// <returns>False when a pod was refused.</returns>
    private bool Reconcile(StoredObject stored, PodView[] pods)
    {
        var deployment = stored.Read();
        var template = deployment.At("spec", "template") as JsonObject ?? [];
        var hash = HashOf(template);
        var desired = deployment.Number("spec", "replicas") ?? 1;
        var live = pods.Where(pod => !pod.IsTerminating && !pod.IsFinished).ToList();
        var updated = live.Where(pod => pod.Stored.Labels.GetValueOrDefault(HashLabel) == hash).ToList();
        var outdated = live.Except(updated).ToList();
        WriteStatus(stored, desired, live, updated);

        var (surge, unavailable) = Margins(deployment, desired);
        var isRecreated = deployment.Text("spec", "strategy", "type") == "Recreate";
        if (isRecreated && outdated.Count > 0) outdated.ForEach(controlled.Delete);
        // Recreate: not before the last of the old ones is gone.
        var mayCreate = !isRecreated || pods.All(pod => pod.Stored.Labels.GetValueOrDefault(HashLabel) == hash);
        var missing = Math.Min(desired - updated.Count, desired + surge - live.Count);
        var wasRefused = false;
        for (var i = 0; mayCreate && !wasRefused && i < missing; i++) wasRefused = !TryCreatePod(stored, template, hash);

        // Those that serve nobody go first and cost nothing.
        foreach (var surplus in updated.OrderBy(pod => pod.IsReady).Take(updated.Count - desired)) controlled.Delete(surplus);
        if (isRecreated) return !wasRefused;
        foreach (var idle in outdated.Where(pod => !pod.IsReady)) controlled.Delete(idle);
        var expendable = live.Count(pod => pod.IsReady) - (desired - unavailable);
        foreach (var old in outdated.Where(pod => pod.IsReady).Take(Math.Max(0, expendable))) controlled.Delete(old);
        return !wasRefused;
    }

    private void WriteStatus(StoredObject stored, int desired, List<PodView> live, List<PodView> updated)
    {
        var ready = live.Count(pod => pod.IsReady);
        var isComplete = updated.Count == desired && live.Count == desired && ready == desired;
        store.Update(stored.Kind, stored.Namespace, stored.Name, deployment =>
        {
            deployment["status"] = new JsonObject
            {
                ["observedGeneration"] = deployment.Number("metadata", "generation"),
                ["replicas"] = live.Count,
                ["updatedReplicas"] = updated.Count,
                ["readyReplicas"] = ready,
                ["availableReplicas"] = ready,
                ["unavailableReplicas"] = Math.Max(0, desired - ready),
                ["conditions"] = new JsonArray(
                    new JsonObject { ["type"] = "Available", ["status"] = ready >= desired ? "True" : "False", ["reason"] = ready >= desired ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable" },
                    new JsonObject { ["type"] = "Progressing", ["status"] = "True", ["reason"] = isComplete ? "NewReplicaSetAvailable" : "ReplicaSetUpdated" }),
            };
            return deployment;
        });
    }

    private bool TryCreatePod(StoredObject deployment, JsonObject template, string hash)
    {
        var pod = (JsonObject)template.DeepClone();
        pod.Metadata().Child("labels")[HashLabel] = hash;
        return controlled.TryCreate(deployment, pod, $"{deployment.Name}-{hash}-", "replicaset-controller");
    }

    private static (int Surge, int Unavailable) Margins(JsonObject deployment, int desired)
    {
        var rolling = deployment.At("spec", "strategy", "rollingUpdate");
        var surge = Share(rolling.Text("maxSurge") ?? "25%", desired, Math.Ceiling);
        var unavailable = Share(rolling.Text("maxUnavailable") ?? "25%", desired, Math.Floor);
        // Both zero would never move.
        return (surge, surge == 0 && unavailable == 0 ? 1 : unavailable);
    }

    private static int Share(string value, int of, Func<double, double> round) => value.EndsWith('%')
        ? (int)round(int.Parse(value[..^1], CultureInfo.InvariantCulture) * of / 100.0)
        : int.Parse(value, CultureInfo.InvariantCulture);

    private static string HashOf(JsonObject template) => Convert.ToHexStringLower(SHA256.HashData(template.ToUtf8()))[..10];
}
