using Kftray.Testing.Store;

namespace Kftray.Testing.Controllers;

/// <summary>Empties a namespace that is being deleted, and removes it when nothing is left.</summary>
internal sealed class NamespaceController(ObjectStore store, Deletion deletion) : IController
{
    public void Reconcile(string @namespace)
    {
        if (store.Find(ResourceKinds.Namespaces, "", @namespace) is not { } stored || stored.Read().Text("metadata", "deletionTimestamp") is null) return;
        var content = ResourceKinds.All.Where(kind => kind.IsNamespaced).SelectMany(kind => store.List(kind, @namespace).Items).ToArray();
        foreach (var item in content)
        {
            if (item.Read().Text("metadata", "deletionTimestamp") is null)
                deletion.Delete(item.Kind, item.Namespace, item.Name, new DeletionOptions());
        }

        if (content.Length == 0) store.Remove(stored.Kind, "", stored.Name, stored.Uid);
    }
}
