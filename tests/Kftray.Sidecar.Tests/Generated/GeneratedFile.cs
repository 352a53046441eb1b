using System.Runtime.CompilerServices;
using Xunit;

namespace Kftray.Sidecar.Tests.Generated;

/// <summary>A file in the repository that is made from the C# types. It must be current; <c>npm run generate</c> makes it so.</summary>
internal static class GeneratedFile
{
    private const string UpdateVariable = "KFTRAY_UPDATE_GENERATED";

    public static string RepositoryRoot { get; } = FindRepositoryRoot();

    /// <summary>Fails when the file differs from <paramref name="expected"/>, or writes it when the user asked for that.</summary>
    public static void AssertCurrent(string relativePath, string expected)
    {
        var path = Path.Combine(RepositoryRoot, relativePath);
        if (Environment.GetEnvironmentVariable(UpdateVariable) == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, expected);
            return;
        }

        var actual = File.Exists(path) ? File.ReadAllText(path) : "";
        Assert.True(expected == actual, $"{relativePath} is stale. `npm run generate` rewrites it.");
    }

    private static string FindRepositoryRoot([CallerFilePath] string thisFile = "")
    {
        // The compiler's path of this file may be from another machine; then the place of the test executable leads there.
        var folder = File.Exists(thisFile) ? Path.GetDirectoryName(thisFile) : AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Kftray.Sidecar.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("No Kftray.Sidecar.sln above the tests.");
    }
}
