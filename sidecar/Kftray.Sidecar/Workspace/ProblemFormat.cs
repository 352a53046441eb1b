using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Workspace;

/// <summary>Places in the words of people: lines and columns count from 1, as compilers count them.</summary>
internal static class ProblemFormat
{
    /// <summary>A problem for a terminal: <c>file:line:column: message</c>.</summary>
    /// <param name="file">How the user named the file; null prints the document's own path.</param>
    public static string Line(Problem problem, string? file = null) =>
        $"{file ?? DocumentPath.Of(problem.Uri) ?? problem.Uri}:{problem.Range.StartLine + 1}:{problem.Range.StartColumn + 1}: {problem.Message}";

    /// <summary>Another place, as the message of a problem names it.</summary>
    /// <param name="line">Counted from 0.</param>
    /// <param name="seenFrom">The document that the message is about.</param>
    public static string Place(string uri, int line, string seenFrom) =>
        uri == seenFrom ? $"line {line + 1}" : $"line {line + 1} of {DocumentPath.Of(uri) ?? uri}";
}
