using System.Runtime.CompilerServices;
using Xunit;

namespace Kftray.Sidecar.Tests.Architecture;

public sealed class SourceFileTests
{
    private const int MaxLines = 300;

    /// <summary>A longer file says in its first lines why: <c>// Longer than 300 lines: …</c>.</summary>
    [Fact]
    public void SourceFiles_OfTheProject_AreShortOrSayWhyNot()
    {
        var root = RepositoryRoot();
        var files = new[] { "sidecar", "tests" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(root, folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"))
            .ToList();
        var tooLong = files
            .Select(file => (Name: Path.GetRelativePath(root, file), Lines: File.ReadAllLines(file)))
            .Where(file => file.Lines.Length > MaxLines)
            .Where(file => !file.Lines.Take(10).Any(line => line.Contains($"Longer than {MaxLines} lines:", StringComparison.Ordinal)));

        Assert.NotEmpty(files);
        Assert.Empty(tooLong.Select(file => $"{file.Name}: {file.Lines.Length} lines"));
    }

    private static string RepositoryRoot([CallerFilePath] string here = "")
    {
        var folder = Directory.GetParent(here);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Kftray.Sidecar.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("The sources are not where they were compiled.");
    }
}
