using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Workspace;

/// <summary>
/// Config text → forwards and problems. Pure: it opens no file and keeps nothing. Everything that is wrong is found in one reading, and one
/// bad forward never stops a good one.
/// </summary>
internal static class WorkspaceReader
{
    /// <param name="earlier">Stands in, by URI, for documents that cannot be understood now; see <see cref="CurrentWorkspace"/>.</param>
    /// <param name="host">What documents may refer to.</param>
    public static WorkspaceModel Read(ApplyParams request, WorkspaceHost host, IReadOnlyDictionary<string, ParsedDocument>? earlier = null)
    {
        var problems = new ProblemList();
        var documents = new Dictionary<string, ParsedDocument>();
        var broken = new List<string>();
        foreach (ConfigDocument document in request.Documents)
        {
            if (new DocumentParser(document, problems, host).Parse() is { } parsed)
            {
                documents[document.Uri] = parsed;
            }
            else
            {
                broken.Add(document.Uri);
            }
        }

        problems.Mute(broken);
        ParsedDocument[] inUse = [.. request.Documents
            .Select(d => documents.GetValueOrDefault(d.Uri) ?? earlier?.GetValueOrDefault(d.Uri))
            .OfType<ParsedDocument>()
            .DistinctBy(d => d.Document.Uri)];

        LayeredForward[] forwards = [.. inUse
            .GroupBy(d => d.Document.Folder)
            .SelectMany(source => SourceReader.Read([.. source], problems))];

        var writtenPorts = forwards.Select(forward => forward.Find(ForwardFields.LocalPort)?.Value ?? 0).ToHashSet();
        var binder = new ForwardBinder(request, problems, host, writtenPorts);

        // Those without an identity are judged as well, for what is wrong with them.
        var judged = forwards.Select(forward => (Spec: binder.Bind(forward), forward.HasIdentity)).ToArray();
        ForwardSpec[] specs = [.. judged.Where(forward => forward.HasIdentity).Select(forward => forward.Spec)];

        return new WorkspaceModel(specs, problems.InOrder(request.Documents.Select(d => d.Uri)), [.. forwards.Where(f => f.HasIdentity).SelectMany(Ranges)])
        {
            Documents = documents,
            Layers = [.. forwards.Where(f => f.HasIdentity)],
            BrokenUris = broken,
        };
    }

    private static IEnumerable<ForwardRange> Ranges(LayeredForward forward) =>
        forward.Definitions.Select(d => new ForwardRange(forward.Id, d.Document.Uri, d.Node.Range));
}
