using System.Text.RegularExpressions;

namespace Kftray.Sidecar.Workspace;

/// <summary>
/// <c>~</c> and environment variables in paths of our own settings, where no shell does it: <c>$NAME</c>, <c>${NAME}</c>, and <c>${env:NAME}</c> as the
/// editor writes it. What is not set stays as it is, so that a message shows it.
/// </summary>
internal static partial class PathExpansion
{
    /// <param name="variable">The value of an environment variable; null when it is not set.</param>
    public static string Expand(string path, string home, Func<string, string?> variable)
    {
        var expanded = Variable().Replace(path, match => variable(match.Groups["name"].Value) ?? match.Value);
        return expanded == "~" ? home
            : expanded.StartsWith("~/", StringComparison.Ordinal) || expanded.StartsWith(@"~\", StringComparison.Ordinal) ? Path.Join(home, expanded[1..])
            : expanded;
    }

    /// <summary>With the home and the environment of this process. HOME goes first, as with kubectl.</summary>
    public static string Expand(string path) => Expand(
        path,
        Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home ? home : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
        Environment.GetEnvironmentVariable);

    [GeneratedRegex(@"\$(?:\{(?:env:)?(?<name>[A-Za-z_]\w*)\}|(?<name>[A-Za-z_]\w*))")]
    private static partial Regex Variable();
}
