using System.Globalization;

namespace Kftray.Testing.Admission;

/// <summary>An amount as Kubernetes writes it: <c>100m</c>, <c>2</c>, <c>128Mi</c>.</summary>
/// <param name="IsBinary">Written in powers of 1024.</param>
internal readonly record struct Quantity(decimal Value, bool IsBinary)
{
    private static readonly (string Suffix, decimal Factor, bool IsBinary)[] Suffixes =
    [
        ("Ei", 1L << 60, true), ("Pi", 1L << 50, true), ("Ti", 1L << 40, true), ("Gi", 1L << 30, true), ("Mi", 1L << 20, true), ("Ki", 1L << 10, true),
        ("E", 1e18m, false), ("P", 1e15m, false), ("T", 1e12m, false), ("G", 1e9m, false), ("M", 1e6m, false), ("k", 1e3m, false), ("m", 1e-3m, false),
    ];

    public static Quantity One { get; } = new(1, false);

    /// <exception cref="FormatException">It is none.</exception>
    public static Quantity Parse(string text)
    {
        var (suffix, factor, isBinary) = Suffixes.FirstOrDefault(candidate => text.EndsWith(candidate.Suffix, StringComparison.Ordinal));
        return suffix is null
            ? new(decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture), false)
            : new(decimal.Parse(text[..^suffix.Length], NumberStyles.Float, CultureInfo.InvariantCulture) * factor, isBinary);
    }

    public static Quantity operator +(Quantity one, Quantity other) => new(one.Value + other.Value, one.IsBinary || other.IsBinary);

    /// <summary>With the largest suffix that leaves a whole number.</summary>
    public override string ToString()
    {
        var (value, isBinary) = this;
        if (value == 0) return "0";
        foreach (var (suffix, factor, _) in Suffixes.Where(candidate => candidate.IsBinary == isBinary && candidate.Factor > 1))
        {
            if (value % factor == 0) return string.Create(CultureInfo.InvariantCulture, $"{value / factor:0}{suffix}");
        }

        return value % 1 == 0
            ? value.ToString("0", CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(value * 1000):0}m");
    }
}
