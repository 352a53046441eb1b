using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Workspace;

/// <summary>Problems for a terminal: <c>file:line:column: message</c>, counted from 1 as compilers do.</summary>
internal static class ProblemFormat
{
    /// <param name="file">How the user named the file; null prints the document's own path.</param>
    public static string Line(Problem problem, string? file = null) =>
        $"{file ?? DocumentPath.Of(problem.Uri) ?? problem.Uri}:{problem.Range.StartLine + 1}:{problem.Range.StartColumn + 1}: {problem.Message}";
}
