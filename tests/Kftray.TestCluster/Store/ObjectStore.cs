using System.Globalization;
using System.Text.Json.Nodes;
using Kftray.Testing.Http;

namespace Kftray.Testing.Store;

/// <summary>
/// The cluster's only state: the objects, and the history of how they came to be. Revisions rise by one with every change, whatever the
/// kind; watches and paged lists read the history, so order and "too old" follow from it.
/// </summary>
internal sealed class ObjectStore(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ResourceKind, SortedDictionary<string, StoredObject>> _objects = [];

    // _history[i] has revision _compacted + 1 + i.
    private readonly List<StoreEvent> _history = [];
    private long _compacted = 1;

    /// <summary>Set after every change.</summary>
    public Signal Changed { get; } = new();

    public long Revision
    {
        get
        {
            lock (_gate) return LatestRevision;
        }
    }

    private long LatestRevision => _compacted + _history.Count;

    public StoredObject? Find(ResourceKind kind, string @namespace, string name)
    {
        lock (_gate) return OfKind(kind).GetValueOrDefault(Key(@namespace, name));
    }

    /// <exception cref="ApiException">404.</exception>
    public StoredObject Get(ResourceKind kind, string @namespace, string name) =>
        Find(kind, @namespace, name) ?? throw ApiException.NotFound(kind, name);

    /// <summary>The objects in the order of their keys, and the revision that this is the state of.</summary>
    /// <param name="namespace">Null for all namespaces.</param>
    public (IReadOnlyList<StoredObject> Items, long Revision) List(ResourceKind kind, string? @namespace = null)
    {
        lock (_gate) return ([.. OfKind(kind).Values.Where(item => @namespace is null || item.Namespace == @namespace)], LatestRevision);
    }

    /// <summary>Everything in a namespace, of one and the same moment.</summary>
    public IReadOnlyList<StoredObject> ListNamespace(string @namespace)
    {
        lock (_gate) return [.. _objects.Values.SelectMany(objects => objects.Values).Where(item => item.Namespace == @namespace)];
    }

    /// <summary>The state at a past revision: the later pages of a list belong to the same moment as its first.</summary>
    /// <exception cref="ApiException">410 when the history does not reach back that far.</exception>
    public IReadOnlyList<StoredObject> ListAt(ResourceKind kind, string? @namespace, long revision)
    {
        lock (_gate)
        {
            EnsureReachable(revision);
            var state = new SortedDictionary<string, StoredObject>(OfKind(kind), StringComparer.Ordinal);
            foreach (var change in Enumerable.Reverse(_history).TakeWhile(change => change.Revision > revision).Where(c => c.Current.Kind == kind))
            {
                var key = Key(change.Current.Namespace, change.Current.Name);
                if (change.Previous is { } previous) state[key] = previous;
                else state.Remove(key);
            }

            return [.. state.Values.Where(item => @namespace is null || item.Namespace == @namespace)];
        }
    }

    /// <summary>What happened after a revision, and the revision up to which this is known.</summary>
    /// <exception cref="ApiException">410 when the history does not reach back that far.</exception>
    public (IReadOnlyList<StoreEvent> Events, long Revision) EventsAfter(long revision)
    {
        lock (_gate)
        {
            EnsureReachable(revision);
            var from = (int)Math.Min(revision - _compacted, _history.Count);
            return (_history.GetRange(from, _history.Count - from), LatestRevision);
        }
    }

    /// <summary>Forgets the history up to now, as etcd's compaction does.</summary>
    public void Compact()
    {
        lock (_gate)
        {
            _compacted = LatestRevision;
            _history.Clear();
        }

        Changed.Set();
    }

    /// <summary>Gives a new object its name (from <c>generateName</c>) and its uid, unless it has them.</summary>
    /// <returns>The name.</returns>
    /// <exception cref="ApiException">422 when it has no name.</exception>
    public string Identify(ResourceKind kind, JsonObject content)
    {
        content["apiVersion"] = kind.GroupVersion;
        content["kind"] = kind.Kind;
        var metadata = content.Metadata();
        if (string.IsNullOrEmpty(metadata.Text("name")) && metadata.Text("generateName") is { } prefix)
            metadata["name"] = prefix + RandomNames.Suffix(5);
        metadata["uid"] ??= Guid.NewGuid().ToString();
        return metadata.Text("name") is { Length: > 0 } name
            ? name
            : throw ApiException.Invalid(kind, "", "metadata.name", "Required value: name or generateName is required");
    }

    /// <summary>Stores a new object; gives it its name, uid and times.</summary>
    /// <exception cref="ApiException">409 when it exists, 422 when it has no name.</exception>
    public StoredObject Create(ResourceKind kind, JsonObject content)
    {
        var name = Identify(kind, content);
        var metadata = content.Metadata();
        metadata["creationTimestamp"] = Timestamp();
        if (content.ContainsKey("spec")) metadata["generation"] = 1;
        lock (_gate)
        {
            var objects = OfKind(kind);
            var key = Key(metadata.Text("namespace") ?? "", name);
            if (objects.ContainsKey(key)) throw ApiException.AlreadyExists(kind, name);
            return Append(objects, key, new StoredObject(kind, content, LatestRevision + 1), previous: null, isDeletion: false);
        }
    }

    /// <summary>Replaces an object by what <paramref name="change"/> makes of it; nothing happens when it stays equal.</summary>
    /// <param name="change">Runs under the store's lock: pure and quick.</param>
    /// <exception cref="ApiException">404, or whatever the change throws.</exception>
    public StoredObject Update(ResourceKind kind, string @namespace, string name, Func<JsonObject, JsonObject> change)
    {
        lock (_gate)
        {
            var objects = OfKind(kind);
            var key = Key(@namespace, name);
            var previous = objects.GetValueOrDefault(key) ?? throw ApiException.NotFound(kind, name);
            var before = previous.Read();
            var after = change(previous.Read());
            if (after.Metadata().Text("resourceVersion") is { Length: > 0 } expected && expected != before.Metadata().Text("resourceVersion"))
                throw ApiException.Conflict(kind, name);
            KeepIdentity(before, after);
            if (JsonNode.DeepEquals(before, after)) return previous;
            if (!JsonNode.DeepEquals(before["spec"], after["spec"])) after.Metadata()["generation"] = (before.Number("metadata", "generation") ?? 0) + 1;
            return Append(objects, key, new StoredObject(kind, after, LatestRevision + 1), previous, isDeletion: false);
        }
    }

    /// <summary>Removes an object at once. Null when it is not there, or is another one than the uid says.</summary>
    public StoredObject? Remove(ResourceKind kind, string @namespace, string name, string? uid = null)
    {
        lock (_gate)
        {
            var objects = OfKind(kind);
            var key = Key(@namespace, name);
            if (objects.GetValueOrDefault(key) is not { } previous || (uid is not null && previous.Uid != uid)) return null;
            return Append(objects, key, new StoredObject(kind, previous.Read(), LatestRevision + 1), previous, isDeletion: true);
        }
    }

    /// <summary>Now, as the API writes times.</summary>
    public string Timestamp() => time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Key(string @namespace, string name) => $"{@namespace}/{name}";

    private static void KeepIdentity(JsonObject before, JsonObject after)
    {
        var (old, @new) = (before.Metadata(), after.Metadata());
        foreach (var key in (string[])["name", "namespace", "uid", "creationTimestamp", "resourceVersion", "generation"])
        {
            if (old[key] is { } value) @new[key] = value.DeepClone();
            else @new.Remove(key);
        }
    }

    private StoredObject Append(
        SortedDictionary<string, StoredObject> objects, string key, StoredObject current, StoredObject? previous, bool isDeletion)
    {
        if (isDeletion) objects.Remove(key);
        else objects[key] = current;
        _history.Add(new StoreEvent(current.Revision, isDeletion, current, previous));
        Changed.Set();
        return current;
    }

    private void EnsureReachable(long revision)
    {
        if (revision < _compacted) throw ApiException.Expired(revision, _compacted);
    }

    private SortedDictionary<string, StoredObject> OfKind(ResourceKind kind)
    {
        if (!_objects.TryGetValue(kind, out var objects)) _objects[kind] = objects = new(StringComparer.Ordinal);
        return objects;
    }
}
