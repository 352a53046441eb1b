using System.Collections.Frozen;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Workspace;

/// <summary>
/// Reads one document in any of its shapes: the object with <c>forwards</c>, a bare array as the desktop app exports it, or a single forward.
/// </summary>
internal sealed class DocumentParser(ConfigDocument document, ProblemList problems, WorkspaceHost host)
{
    private static readonly FrozenSet<string> ForwardKeys = ForwardFields.All.Select(f => f.Name).ToFrozenSet();

    private readonly KeyCheck _keys = new(document.Uri, problems);

    /// <returns>Null when the document as a whole cannot be understood; then it is a problem and none of it may be used.</returns>
    public ParsedDocument? Parse()
    {
        if (string.IsNullOrWhiteSpace(document.Text))
        {
            // Also what a file looks like while it is being written: forwards must not stop for that.
            return Broken(new TextRange(0, 0, 0, 0), ProblemCodes.Syntax, "The file is empty. For no forwards, write {\"forwards\": []}.");
        }

        (ConfigNode? root, SyntaxError? error) = JsoncParser.Parse(document.Text);
        if (root is null)
            return Broken(error!.Range, ProblemCodes.Syntax, error.Message);

        root = Variables.Expand(root, document, host);
        return root switch
        {
            ArrayNode array => new ParsedDocument(document, null, ReadForwards(array)),
            ObjectNode single when IsForward(single) => new ParsedDocument(document, null, ReadForwards(new ArrayNode(single.Range, [single]))),
            ObjectNode file => ReadFile(file),
            _ => Broken(root.Range, ProblemCodes.WrongType, $"A config is an object or an array, not {root.Kind}."),
        };
    }

    private static bool IsForward(ObjectNode node) =>
        node.Find(FileFields.Forwards.Name) is null && node.Members.Any(m => ForwardKeys.Contains(m.Key));

    private ParsedDocument? ReadFile(ObjectNode file)
    {
        if (file.Find(FileFields.Version.Name)?.Value is NumberNode { Value: > FileFields.NewestVersion } newer)
        {
            return Broken(newer.Range, ProblemCodes.UnsupportedVersion,
                $"This file has format version {newer.Value}; up to {FileFields.NewestVersion} is understood. Update the extension.");
        }

        if (file.Find(FileFields.Forwards.Name)?.Value is { } notAnArray and not ArrayNode)
            return Broken(notAnArray.Range, ProblemCodes.WrongType, FileFields.Forwards.Check(notAnArray)!.Message);

        _keys.Check(file, FileFields.File);
        var defaults = file.Find(FileFields.Defaults.Name)?.Value as ObjectNode;
        var forwards = file.Find(FileFields.Forwards.Name)?.Value as ArrayNode;
        return new ParsedDocument(document, defaults, forwards is null ? [] : ReadForwards(forwards));
    }

    private List<ObjectNode> ReadForwards(ArrayNode array)
    {
        var forwards = new List<ObjectNode>();
        foreach (ConfigNode item in array.Items)
        {
            if (item is ObjectNode forward)
            {
                _keys.Check(forward, ForwardFields.Forward);
                forwards.Add(forward);
            }
            else
            {
                problems.Add(document.Uri, item.Range, ProblemSeverity.Error, ProblemCodes.WrongType, $"A forward is an object, not {item.Kind}.");
            }
        }

        return forwards;
    }

    private ParsedDocument? Broken(TextRange range, string code, string message)
    {
        problems.Add(document.Uri, range, ProblemSeverity.Error, code, message);
        return null;
    }
}
