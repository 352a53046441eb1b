using Kftray.Benchmarks.Rows;

namespace Kftray.Benchmarks.Harness;

/// <summary>All figures, by their name and by who was measured.</summary>
internal sealed class Results
{
    private readonly Dictionary<string, FigureResults> _byName = [];

    /// <summary>In the order in which they were first measured.</summary>
    public IReadOnlyList<FigureResults> Figures => [.. _byName.Values];

    public void Add(string subject, Figure figure)
    {
        if (!_byName.TryGetValue(figure.Name, out var results))
            _byName.Add(figure.Name, results = new FigureResults(figure.Name, figure.MoreIsBetter));
        results.Add(subject, figure);
    }
}

/// <summary>One figure of all that were measured.</summary>
internal sealed class FigureResults(string name, bool? moreIsBetter)
{
    private readonly Dictionary<string, List<Figure>> _bySubject = [];

    public string Name => name;

    public bool? MoreIsBetter => moreIsBetter;

    public void Add(string subject, Figure figure)
    {
        if (!_bySubject.TryGetValue(subject, out var figures))
            _bySubject.Add(subject, figures = []);
        figures.Add(figure);
    }

    /// <summary>Median of the rounds; null when it was not measured.</summary>
    public double? MedianOf(string subject) =>
        _bySubject.TryGetValue(subject, out var figures) ? Statistics.Median([.. figures.Select(figure => figure.Value)]) : null;

    /// <summary>
    /// Median of the ratios of each round: the two were measured one after the other, so that what else the machine did hit both. Null when
    /// one was not measured, or the other one failed.
    /// </summary>
    public double? MedianRatio(string subject, string peer)
    {
        if (!_bySubject.TryGetValue(subject, out var mine) || !_bySubject.TryGetValue(peer, out var theirs))
            return null;
        double[] ratios = [.. mine.Zip(theirs, (a, b) => a.Value / b.Value).Where(double.IsFinite)];
        return ratios.Length > 0 ? Statistics.Median(ratios) : null;
    }

    public string? NoteOf(string subject) =>
        _bySubject.TryGetValue(subject, out var figures) ? figures.Select(figure => figure.Note).FirstOrDefault(note => note is not null) : null;
}
