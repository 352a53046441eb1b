namespace Kftray.Sidecar.Workspace;

/// <summary>Finds what a mistyped word was probably meant to be.</summary>
internal static class NearMiss
{
    /// <returns>The closest candidate, or null when none is close.</returns>
    public static string? Find(string word, IEnumerable<string> candidates)
    {
        var plain = Plain(word);
        var limit = Math.Clamp(plain.Length / 3, 1, 3);

        // A word of any length is compared, but never at the price of its square.
        return plain.Length > 64
            ? null
            : candidates
                .Select(candidate => (candidate, Distance: Distance(plain, Plain(candidate))))
                .Where(c => c.Distance <= limit)
                .OrderBy(c => c.Distance)
                .Select(c => c.candidate)
                .FirstOrDefault();
    }

    /// <summary><c>localPort</c>, <c>local-port</c> and <c>local_port</c> are the same word.</summary>
    private static string Plain(string word) => string.Concat(word.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    /// <summary>Edits (insert, delete, replace, swap of neighbours) that lead from one word to the other.</summary>
    private static int Distance(string from, string to)
    {
        var edits = new int[from.Length + 1, to.Length + 1];
        for (int i = 0; i <= from.Length; i++)
        {
            for (int j = 0; j <= to.Length; j++)
            {
                edits[i, j] = (i, j) switch
                {
                    (0, _) => j,
                    (_, 0) => i,
                    _ => Step(i, j),
                };
            }
        }

        return edits[from.Length, to.Length];

        int Step(int i, int j)
        {
            var replace = edits[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
            var best = Math.Min(replace, Math.Min(edits[i - 1, j], edits[i, j - 1]) + 1);
            var swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
            return swapped ? Math.Min(best, edits[i - 2, j - 2] + 1) : best;
        }
    }
}
