namespace Kftray.Sidecar.Kubernetes;

/// <summary>Finds the name that was probably meant.</summary>
internal static class Spelling
{
    /// <returns>
    /// The candidate with the fewest edits, if that is at most a third of the name; else the only one that is the name with a part more or
    /// less, such as <c>web-svc</c> for <c>web</c>; null when none is near.
    /// </returns>
    public static string? Nearest(string name, IEnumerable<string> candidates)
    {
        string[] all = [.. candidates];
        var best = all
            .Select(candidate => (Name: candidate, Distance: Distance(name.ToLowerInvariant(), candidate.ToLowerInvariant())))
            .OrderBy(pair => pair.Distance)
            .FirstOrDefault();
        if (best.Name is not null && best.Distance <= Math.Max(1, name.Length / 3))
            return best.Name;
        string[] relatives = [.. all.Where(candidate => Extends(candidate, name) || Extends(name, candidate))];
        return relatives is [var only] ? only : null;
    }

    private static bool Extends(string longer, string part) =>
        longer.StartsWith($"{part}-", StringComparison.OrdinalIgnoreCase) || longer.EndsWith($"-{part}", StringComparison.OrdinalIgnoreCase);

    // Optimal string alignment: two letters that have changed places are one edit.
    private static int Distance(string a, string b)
    {
        var (before, last, row) = (new int[b.Length + 1], new int[b.Length + 1], Enumerable.Range(0, b.Length + 1).ToArray());
        for (var i = 1; i <= a.Length; i++)
        {
            (before, last, row) = (last, row, before);
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                row[j] = Math.Min(last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1), 1 + Math.Min(last[j], row[j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
            }
        }

        return row[^1];
    }
}
