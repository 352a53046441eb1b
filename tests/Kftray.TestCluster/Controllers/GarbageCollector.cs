using Kftray.Testing.Store;

namespace Kftray.Testing.Controllers;

/// <summary>Deletes what belonged to something that is gone, and ends deletions that wait for what belongs to them.</summary>
internal sealed class GarbageCollector(ObjectStore store, Deletion deletion) : IController
{
    public TimeSpan? Reconcile(string @namespace)
    {
        var items = store.ListNamespace(@namespace);
        var present = items.Select(item => item.Uid).ToHashSet();
        var dependents = items.Where(item => item.OwnerUids.Count > 0).ToArray();
        foreach (var orphan in dependents.Where(item => !item.IsTerminating && !item.OwnerUids.Any(present.Contains))) Delete(orphan);
        foreach (var owner in items.Where(Deletion.IsForeground))
        {
            var own = dependents.Where(item => item.OwnerUids.Contains(owner.Uid)).ToArray();
            if (own.Length == 0) store.Remove(owner.Kind, owner.Namespace, owner.Name, owner.Uid);
            foreach (var dependent in own.Where(item => !item.IsTerminating)) Delete(dependent);
        }

        return null;
    }

    private void Delete(StoredObject item) => deletion.Delete(item.Kind, item.Namespace, item.Name, new DeletionOptions(Uid: item.Uid));
}
