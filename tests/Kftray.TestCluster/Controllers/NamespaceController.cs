using Kftray.Testing.Store;

namespace Kftray.Testing.Controllers;

/// <summary>Empties a namespace that is being deleted, and removes it when nothing is left.</summary>
internal sealed class NamespaceController(ObjectStore store, Deletion deletion) : IController
{
    public TimeSpan? Reconcile(string @namespace)
    {
        if (store.Find(ResourceKinds.Namespaces, "", @namespace) is not { } stored || stored.Read().Text("metadata", "deletionTimestamp") is null) return null;
        var content = store.ListNamespace(@namespace);
        foreach (var item in content.Where(item => !item.IsTerminating)) deletion.Delete(item.Kind, item.Namespace, item.Name, new DeletionOptions());
        if (content.Count == 0) store.Remove(stored.Kind, "", stored.Name, stored.Uid);
        return null;
    }
}
