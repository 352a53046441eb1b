using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Workspace;

/// <summary>A document whose outer shape is right. Its forwards may still be wrong one by one.</summary>
internal sealed record ParsedDocument(ConfigDocument Document, ObjectNode? Defaults, IReadOnlyList<ObjectNode> Forwards);
