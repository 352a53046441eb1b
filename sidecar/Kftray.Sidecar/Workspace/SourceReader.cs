using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Workspace;

/// <summary>The forwards of one source: a folder with its shared and local documents, or the user with stored ones and those of the session.</summary>
internal static class SourceReader
{
    /// <returns>In the order of the documents. Some may have found no alias.</returns>
    public static IEnumerable<LayeredForward> Read(IReadOnlyList<ParsedDocument> documents, ProblemList problems)
    {
        var aliases = new AliasRegistry(problems);
        ParsedDocument[] changes = [.. documents.Where(d => d.Document.Kind is DocumentKind.Local)];

        List<LayeredForward> forwards = [.. documents
            .Where(d => d.Document.Kind is not DocumentKind.Local)
            .SelectMany(d => d.Forwards.Select(node => Layer(node, d, [d, .. changes])))];
        aliases.Assign(forwards);

        List<LayeredForward> added = [];
        foreach (ParsedDocument document in changes)
        {
            ParsedDocument[] defaults = [.. documents.Where(d => d.Document.Kind is DocumentKind.Shared), .. changes];
            added.AddRange(document.Forwards
                .Where(node => !Change(node, document, aliases))
                .Select(node => Layer(node, document, defaults)));
        }

        aliases.Assign(added);
        return forwards.Concat(added);
    }

    /// <summary>Defaults first, the forward's own keys over them.</summary>
    private static LayeredForward Layer(ObjectNode node, ParsedDocument document, IReadOnlyList<ParsedDocument> defaults)
    {
        var forward = new LayeredForward(document.Document, node);
        foreach (ParsedDocument layer in defaults.Where(d => d.Defaults is not null))
            forward.Lay(layer.Defaults!, layer.Document, FileFields.Defaults.Fields);

        forward.Lay(node, document.Document, ForwardFields.All);
        return forward;
    }

    /// <summary>Lays a local object over the shared forward of that alias.</summary>
    /// <returns>False when there is no such forward: then the object is one of its own.</returns>
    private static bool Change(ObjectNode node, ParsedDocument document, AliasRegistry aliases)
    {
        var change = new LayeredForward(document.Document, node);
        change.Lay(node, document.Document, ForwardFields.All);
        if (AliasRegistry.Wanted(change) is not { } wanted || aliases.Find(wanted) is not { } shared)
            return false;

        var second = shared.Definitions.Any(d => d.Document == document.Document);
        if (second && change.Find(ForwardFields.Alias) is { } alias)
        {
            aliases.ReportDuplicate(shared, alias);
            return true;
        }

        shared.Lay(node, document.Document, ForwardFields.All);
        shared.Definitions.Add((document.Document, node));
        return true;
    }
}
