using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Workspace;

/// <summary>
/// The documents as they were last understood. A typing error must not stop what runs: a broken document is replaced by its last good text,
/// a broken forward by its last good self. Problems always speak of the text as it is. Used by one caller at a time.
/// </summary>
internal sealed class CurrentWorkspace(WorkspaceHost host)
{
    private Dictionary<string, ParsedDocument> _documents = [];
    private Dictionary<string, ForwardSpec> _forwards = [];

    /// <summary>Reads what is wanted now. The forwards of the result are those to hand to <see cref="ForwardSet"/>.</summary>
    public WorkspaceModel Apply(ApplyParams request)
    {
        var model = WorkspaceReader.Read(request, host, _documents);
        ForwardSpec[] forwards = [.. model.Forwards.Select(f => IsInvalid(f) ? LastGood(f, request) : f)];

        _documents = request.Documents
            .Select(d => model.Documents.GetValueOrDefault(d.Uri) ?? _documents.GetValueOrDefault(d.Uri))
            .OfType<ParsedDocument>()
            .DistinctBy(d => d.Document.Uri)
            .ToDictionary(d => d.Document.Uri);
        _forwards = forwards.Where(f => !IsInvalid(f)).ToDictionary(f => f.Id);
        return model with { Forwards = forwards };
    }

    private static bool IsInvalid(ForwardSpec spec) => spec.Blocked is { Kind: FaultKind.InvalidConfig };

    private ForwardSpec LastGood(ForwardSpec invalid, ApplyParams request) =>
        _forwards.TryGetValue(invalid.Id, out ForwardSpec? good)
            ? good with { Uri = invalid.Uri, Line = invalid.Line, Blocked = StartPolicy.Check(good, request) }
            : invalid;
}
