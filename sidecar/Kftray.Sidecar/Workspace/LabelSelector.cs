using System.Text.RegularExpressions;

namespace Kftray.Sidecar.Workspace;

/// <summary>
/// The syntax of label selectors, as the API server reads them:
/// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
/// </summary>
internal static partial class LabelSelector
{
    private const string Word = "[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?";
    private const string Key = @"(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?/)?" + Word;
    private const string Value = "(?:" + Word + ")?";

    private const string Requirement =
        @"^\s*(?:!\s*" + Key +
        "|" + Key +
        "|" + Key + @"\s*(?:==?|!=)\s*" + Value +
        "|" + Key + @"\s*[<>]\s*-?[0-9]{1,19}" +
        "|" + Key + @"\s+(?:in|notin)\s*\(\s*" + Value + @"(?:\s*,\s*" + Value + @")*\s*\)" +
        @")\s*\z";

    public static bool IsValid(string selector) => Requirements(selector).All(r => RequirementPattern().IsMatch(r));

    /// <summary>Splits at the commas that are not in the list of an <c>in</c>.</summary>
    private static IEnumerable<string> Requirements(string selector)
    {
        var start = 0;
        var inList = false;
        for (int i = 0; i < selector.Length; i++)
        {
            inList = selector[i] switch { '(' => true, ')' => false, _ => inList };
            if (selector[i] == ',' && !inList)
            {
                yield return selector[start..i];
                start = i + 1;
            }
        }

        yield return selector[start..];
    }

    [GeneratedRegex(Requirement, RegexOptions.CultureInvariant)]
    private static partial Regex RequirementPattern();
}
