using System.Globalization;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Diagnostics;

/// <summary>The report in one sentence: the first broken link, or that there is none.</summary>
internal static class Verdict
{
    public static string Of(Examination examination, IReadOnlyList<CheckReport> reports)
    {
        if (reports.FirstOrDefault(report => report.Result == CheckResult.Fail) is { } broken)
            return $"The chain breaks at '{broken.Title}': {Continue(FirstSentence(broken.Seen))}";

        var warnings = reports.Count(report => report.Result == CheckResult.Warn);
        var works = reports.Any(report => report is { Link: DiagnosisLink.RoundTrip, Result: CheckResult.Pass })
            ? $"{examination.Spec.Alias} works from end to end"
            : $"No link of {examination.Spec.Alias} is broken as far as it could be looked at";
        return warnings switch
        {
            0 => $"{works}.",
            1 => $"{works}, with one warning.",
            _ => string.Create(CultureInfo.InvariantCulture, $"{works}, with {warnings} warnings."),
        };
    }

    private static string FirstSentence(string text)
    {
        var end = text.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? text : text[..(end + 1)];
    }

    // A name that is all capitals stays what it is.
    private static string Continue(string sentence) =>
        sentence.Length > 1 && char.IsLower(sentence[1]) ? char.ToLowerInvariant(sentence[0]) + sentence[1..] : sentence;
}
