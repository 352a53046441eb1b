using System.Text.Json.Nodes;

namespace Kftray.Testing.Store;

/// <summary>One version of one object: immutable bytes, so that readers, watchers and the history can share it.</summary>
public sealed class StoredObject
{
    private readonly byte[] _json;

    internal StoredObject(ResourceKind kind, JsonObject content, long revision)
    {
        var metadata = content.Metadata();
        metadata["resourceVersion"] = revision.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Kind = kind;
        Namespace = metadata.Text("namespace") ?? "";
        Name = metadata.Text("name")!;
        Uid = metadata.Text("uid")!;
        Revision = revision;
        Labels = metadata["labels"] is JsonObject labels
            ? labels.ToDictionary(pair => pair.Key, pair => pair.Value?.GetValue<string>() ?? "")
            : [];
        OwnerUids = [.. metadata.Items("ownerReferences").Select(owner => owner.Text("uid")).OfType<string>()];
        IsTerminating = metadata.ContainsKey("deletionTimestamp");
        _json = content.ToUtf8();
    }

    public ResourceKind Kind { get; }

    /// <summary>Empty for a resource without namespaces.</summary>
    public string Namespace { get; }

    public string Name { get; }

    public string Uid { get; }

    public long Revision { get; }

    public IReadOnlyDictionary<string, string> Labels { get; }

    /// <summary>The objects without which it is deleted.</summary>
    public IReadOnlyList<string> OwnerUids { get; }

    /// <summary>True from the request to delete it until it is gone.</summary>
    public bool IsTerminating { get; }

    public ReadOnlyMemory<byte> Json => _json;

    /// <summary>A copy of its own for every reader.</summary>
    public JsonObject Read() => JsonNode.Parse(_json)!.AsObject();
}

/// <summary>One entry of the history.</summary>
/// <param name="Current">The object after the change; for a deletion its last state with the deletion's revision.</param>
/// <param name="Previous">The object before the change, null for a creation. A watch with a selector needs both.</param>
internal sealed record StoreEvent(long Revision, bool IsDeletion, StoredObject Current, StoredObject? Previous);
