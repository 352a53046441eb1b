using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Workspace;

/// <summary>What all documents together ask for.</summary>
/// <param name="Forwards">
/// Every forward that has an identity, in the order of the documents. One that is wrong or may not run is there too, with
/// <see cref="ForwardSpec.Blocked"/> saying why.
/// </param>
/// <param name="Problems">All of them, by document and place.</param>
/// <param name="Ranges">Where each forward is defined or changed.</param>
internal sealed record WorkspaceModel(
    IReadOnlyList<ForwardSpec> Forwards,
    IReadOnlyList<Problem> Problems,
    IReadOnlyList<ForwardRange> Ranges)
{
    /// <summary>The documents that could be understood as a whole, by URI.</summary>
    public required IReadOnlyDictionary<string, ParsedDocument> Documents { get; init; }

    /// <summary>What the forwards were made of, in their order.</summary>
    public required IReadOnlyList<LayeredForward> Layers { get; init; }

    /// <summary>
    /// Documents that could not be understood. Their forwards are missing here unless an earlier reading stood in: running forwards of theirs
    /// should be left alone. <see cref="CurrentWorkspace"/> does that.
    /// </summary>
    public required IReadOnlyList<string> BrokenUris { get; init; }
}
