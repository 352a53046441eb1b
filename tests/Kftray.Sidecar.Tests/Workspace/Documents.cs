using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Workspace;

namespace Kftray.Sidecar.Tests.Workspace;

/// <summary>Documents for tests, and short texts of what was read from them.</summary>
internal static class Documents
{
    public const string SharedUri = "file:///work/shop/.vscode/kftray.json";

    public static ConfigDocument Shared(string text) => new(SharedUri, "shop", DocumentKind.Shared, text);

    public static ConfigDocument Local(string text) =>
        new("file:///work/shop/.vscode/kftray.local.json", "shop", DocumentKind.Local, text);

    public static ConfigDocument User(string text) => new("file:///home/me/forwards.json", "user", DocumentKind.User, text);

    public static ConfigDocument Session(string text) => new("kftray-session:/forwards.json", "user", DocumentKind.Session, text);

    public static ApplyParams Trusted(params ConfigDocument[] documents) => new() { Documents = documents, Trusted = true };

    public static WorkspaceModel Read(params ConfigDocument[] documents) => WorkspaceReader.Read(Trusted(documents), WorkspaceHost.None);

    /// <summary>The one forward of a document that is in order.</summary>
    public static ForwardSpec ReadOne(string text)
    {
        var model = Read(User(text));
        Xunit.Assert.DoesNotContain(model.Problems, p => p.Severity is ProblemSeverity.Error);
        return Xunit.Assert.Single(model.Forwards);
    }

    /// <summary><c>line:column code message</c>, counted from 1. Hints are left out.</summary>
    public static string[] Texts(this IEnumerable<Problem> problems) =>
    [
        .. problems.Where(p => p.Severity is not ProblemSeverity.Hint)
            .Select(p => $"{p.Range.StartLine + 1}:{p.Range.StartColumn + 1} {p.Code} {p.Message}"),
    ];
}
