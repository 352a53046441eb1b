using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Kftray.Testing.Http;
using Kftray.Testing.Store;

namespace Kftray.Testing.Controllers;

/// <summary>Writes the events that <c>kubectl describe</c> shows. One that repeats is counted up, as the real recorder does.</summary>
internal sealed class EventRecorder(ObjectStore store)
{
    private readonly ConcurrentDictionary<(string Uid, string Reason, string Message), string> _names = new();

    /// <param name="component">Who says it: <c>kubelet</c>, <c>job-controller</c> …</param>
    public void Record(StoredObject about, bool isWarning, string reason, string message, string component)
    {
        var key = (about.Uid, reason, message);
        try
        {
            if (_names.TryGetValue(key, out var name)) Repeat(about.Namespace, name);
            else _names[key] = store.Create(ResourceKinds.Events, New(about, isWarning, reason, message, component)).Name;
        }
        catch (ApiException)
        {
            // Somebody has deleted the event, and most likely what it is about: there is nobody left to be told.
        }
    }

    private void Repeat(string @namespace, string name) => store.Update(ResourceKinds.Events, @namespace, name, known =>
    {
        known["count"] = (known.Number("count") ?? 1) + 1;
        known["lastTimestamp"] = store.Timestamp();
        return known;
    });

    private JsonObject New(StoredObject about, bool isWarning, string reason, string message, string component) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = $"{about.Name}.{Guid.NewGuid():N}", ["namespace"] = about.Namespace },
        ["involvedObject"] = new JsonObject
        {
            ["apiVersion"] = about.Kind.GroupVersion,
            ["kind"] = about.Kind.Kind,
            ["name"] = about.Name,
            ["namespace"] = about.Namespace,
            ["uid"] = about.Uid,
        },
        ["type"] = isWarning ? "Warning" : "Normal",
        ["reason"] = reason,
        ["message"] = message,
        ["count"] = 1,
        ["firstTimestamp"] = store.Timestamp(),
        ["lastTimestamp"] = store.Timestamp(),
        ["source"] = new JsonObject { ["component"] = component },
        ["reportingComponent"] = component,
    };
}
