using System.Text.RegularExpressions;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Workspace;

/// <summary>
/// Puts in the values of <c>${env:NAME}</c>, <c>${workspaceFolder}</c> and <c>${userHome}</c>. What has no value stays as it is written, and
/// the key that holds it complains: a forward must not go to another cluster because a variable is missing.
/// </summary>
internal static partial class Variables
{
    public static ConfigNode Expand(ConfigNode node, ConfigDocument document, WorkspaceHost host) => node switch
    {
        ObjectNode group => group with { Members = [.. group.Members.Select(member => member with { Value = Expand(member.Value, document, host) })] },
        ArrayNode array => array with { Items = [.. array.Items.Select(item => Expand(item, document, host))] },
        StringNode text when IsPresentIn(text.Value) => Expand(text, document, host),
        _ => node,
    };

    /// <summary>True while something in the text waits for its value.</summary>
    public static bool IsPresentIn(string text) => text.Contains("${", StringComparison.Ordinal);

    private static ConfigNode Expand(StringNode text, ConfigDocument document, WorkspaceHost host)
    {
        var value = Pattern().Replace(text.Value, match => ValueOf(match.Groups["name"].Value, document, host) ?? match.Value);
        return text with { Value = value, IsExpanded = true };
    }

    private static string? ValueOf(string name, ConfigDocument document, WorkspaceHost host) => name switch
    {
        "userHome" => NullIfEmpty(host.HomeFolder),
        "workspaceFolder" => DocumentPath.FolderOf(document.Uri),
        _ when name.StartsWith("env:", StringComparison.Ordinal) => NullIfEmpty(host.Variable(name[4..])),
        _ => null,
    };

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    [GeneratedRegex(@"\$\{(?<name>[^{}]*)\}")]
    private static partial Regex Pattern();
}
