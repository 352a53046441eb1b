using Kftray.Testing.Http;
using Kftray.Testing.Store;

namespace Kftray.Testing.Controllers;

/// <summary>Makes one part of the world follow another. Called again after every change in a namespace, so it need not remember.</summary>
internal interface IController
{
    /// <returns>After how long to look again although nothing has changed; null: never.</returns>
    TimeSpan? Reconcile(string @namespace);
}

/// <summary>Reads the history and lets the controllers look at each namespace in which something has happened or falls due.</summary>
internal sealed class ControllerLoop(ObjectStore store, IReadOnlyList<IController> controllers, TimeProvider time)
{
    // What falls due later is asked for again by then.
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly Dictionary<string, DateTimeOffset> _due = [];

    public async Task RunAsync(CancellationToken stopping)
    {
        var seen = store.Revision;
        while (!stopping.IsCancellationRequested)
        {
            var changed = store.Changed.Next;
            IEnumerable<string> changedNamespaces;
            try
            {
                (var events, seen) = store.EventsAfter(seen);
                changedNamespaces = events.Select(NamespaceOf);
            }
            catch (ApiException)
            {
                // The history was compacted under our feet: look at everything.
                seen = store.Revision;
                changedNamespaces = store.List(ResourceKinds.Namespaces).Items.Select(item => item.Name);
            }

            var now = time.GetUtcNow();
            var overdue = _due.Where(entry => entry.Value <= now).Select(entry => entry.Key);
            foreach (var name in changedNamespaces.Concat(overdue).ToHashSet()) Reconcile(name);
            try
            {
                await WaitAsync(changed, stopping);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task WaitAsync(Task changed, CancellationToken stopping)
    {
        if (_due.Count == 0)
        {
            await changed.WaitAsync(stopping);
            return;
        }

        var left = _due.Values.Min() - time.GetUtcNow();
        if (left <= TimeSpan.Zero) return;
        try
        {
            await changed.WaitAsync(left < LongestWait ? left : LongestWait, time, stopping);
        }
        catch (TimeoutException)
        {
            // Something is due.
        }
    }

    private static string NamespaceOf(StoreEvent change) =>
        change.Current.Kind == ResourceKinds.Namespaces ? change.Current.Name : change.Current.Namespace;

    private void Reconcile(string @namespace)
    {
        _due.Remove(@namespace);
        foreach (var controller in controllers)
        {
            try
            {
                if (controller.Reconcile(@namespace) is not { } again) continue;
                var due = time.GetUtcNow() + again;
                if (!_due.TryGetValue(@namespace, out var earlier) || due < earlier) _due[@namespace] = due;
            }
            catch (ApiException)
            {
                // Somebody changed or deleted the object meanwhile; that change brings us back here.
            }
        }
    }
}
