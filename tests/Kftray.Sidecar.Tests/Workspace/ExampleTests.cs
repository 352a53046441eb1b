using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Tests.Generated;
using Kftray.Sidecar.Workspace;
using Xunit;

namespace Kftray.Sidecar.Tests.Workspace;

public sealed class ExampleTests
{
    public static TheoryData<string> Files { get; } =
    [
        .. Directory.EnumerateFiles(Path.Combine(GeneratedFile.RepositoryRoot, "examples"), "*.json", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(GeneratedFile.RepositoryRoot, file).Replace('\\', '/'))
            .Where(file => !file.Contains(".local.", StringComparison.Ordinal))
            .Order(),
    ];

    [Theory]
    [MemberData(nameof(Files))]
    public void Example_IsAConfigWithoutErrorsOrWarnings(string file)
    {
        var path = Path.Combine(GeneratedFile.RepositoryRoot, file);
        var local = Path.ChangeExtension(path, ".local.json");
        ConfigDocument[] documents =
        [
            new(new Uri(path).AbsoluteUri, "example", DocumentKind.Shared, File.ReadAllText(path)),
            .. File.Exists(local) ? new[] { new ConfigDocument(new Uri(local).AbsoluteUri, "example", DocumentKind.Local, File.ReadAllText(local)) } : [],
        ];

        var model = WorkspaceReader.Read(Documents.Trusted(documents), WorkspaceHost.None);

        Assert.NotEmpty(model.Forwards);
        Assert.Empty(model.Problems.Where(p => p.Severity is ProblemSeverity.Error or ProblemSeverity.Warning).Texts());
    }
}
