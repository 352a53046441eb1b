using Kftray.Testing.Http;
using Kftray.Testing.Store;

namespace Kftray.Testing.Controllers;

/// <summary>Makes one part of the world follow another. Called again after every change in a namespace, so it need not remember.</summary>
internal interface IController
{
    void Reconcile(string @namespace);
}

/// <summary>Reads the history and lets the controllers look at each namespace in which something has happened.</summary>
internal sealed class ControllerLoop(ObjectStore store, IReadOnlyList<IController> controllers)
{
    public async Task RunAsync(CancellationToken stopping)
    {
        var seen = store.Revision;
        while (!stopping.IsCancellationRequested)
        {
            var changed = store.Changed.Next;
            IReadOnlyList<StoreEvent> events;
            try
            {
                (events, seen) = store.EventsAfter(seen);
            }
            catch (ApiException)
            {
                // The history was compacted under our feet: look at everything.
                seen = store.Revision;
                foreach (var item in store.List(ResourceKinds.Namespaces).Items) Reconcile(item.Name);
                continue;
            }

            foreach (var name in events.Select(NamespaceOf).Distinct()) Reconcile(name);
            try
            {
                await changed.WaitAsync(stopping);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private static string NamespaceOf(StoreEvent change) =>
        change.Current.Kind == ResourceKinds.Namespaces ? change.Current.Name : change.Current.Namespace;

    private void Reconcile(string @namespace)
    {
        foreach (var controller in controllers)
        {
            try
            {
                controller.Reconcile(@namespace);
            }
            catch (ApiException)
            {
                // Somebody changed or deleted the object meanwhile; that change brings us back here.
            }
        }
    }
}
