using System.Text.Json.Nodes;
using Kftray.Testing.Admission;
using Kftray.Testing.Http;
using Kftray.Testing.Store;

namespace Kftray.Testing.Controllers;

/// <summary>The pods that controllers make from a template and take away again.</summary>
internal sealed class ControlledPods(ObjectStore store, AdmissionChain admission, Deletion deletion, EventRecorder events)
{
    /// <summary>The pods in a namespace by the uid of the controller that made them.</summary>
    public ILookup<string?, PodView> ByOwner(string @namespace) =>
        store.List(ResourceKinds.Pods, @namespace).Items.Where(pod => pod.OwnerUids.Count > 0).Select(pod => new PodView(pod)).ToLookup(pod => pod.OwnerUid);

    /// <summary>Makes a pod. A refusal (quota, pod security) becomes an event of the owner, as nobody else would hear of it.</summary>
    /// <returns>False when it was refused.</returns>
    public bool TryCreate(StoredObject owner, JsonObject template, string namePrefix, string component)
    {
        var pod = (JsonObject)template.DeepClone();
        var metadata = pod.Metadata();
        metadata["generateName"] = namePrefix;
        metadata["ownerReferences"] = new JsonArray(new JsonObject
        {
            ["apiVersion"] = owner.Kind.GroupVersion,
            ["kind"] = owner.Kind.Kind,
            ["name"] = owner.Name,
            ["uid"] = owner.Uid,
            ["controller"] = true,
            ["blockOwnerDeletion"] = true,
        });
        try
        {
            var created = admission.Create(ResourceKinds.Pods, owner.Namespace, pod);
            events.Record(owner, isWarning: false, "SuccessfulCreate", $"Created pod: {created.Name}", component);
            return true;
        }
        catch (ApiException refusal)
        {
            events.Record(owner, isWarning: true, "FailedCreate", $"Error creating: {refusal.Message}", component);
            return false;
        }
    }

    public void Delete(PodView pod)
    {
        if (!pod.IsTerminating) deletion.Delete(ResourceKinds.Pods, pod.Stored.Namespace, pod.Name, new DeletionOptions(Uid: pod.Stored.Uid));
    }
}
