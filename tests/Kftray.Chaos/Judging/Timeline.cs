namespace Kftray.Chaos.Judging;

/// <summary>A value over the time of a run. One writer at a time, readers whenever.</summary>
internal sealed class Timeline<T>(T initial)
    where T : IEquatable<T>
{
    private readonly Lock _gate = new();
    private readonly List<(TimeSpan From, T Value)> _pieces = [(TimeSpan.Zero, initial)];

    public void Set(TimeSpan at, T value)
    {
        lock (_gate)
        {
            if (!_pieces[^1].Value.Equals(value)) _pieces.Add((at, value));
        }
    }

    public T At(TimeSpan moment)
    {
        lock (_gate) return _pieces.Last(piece => piece.From <= moment).Value;
    }

    /// <summary>The pieces that touch a span, cut to it.</summary>
    public IReadOnlyList<Piece<T>> Between(TimeSpan from, TimeSpan to)
    {
        List<Piece<T>> found = [];
        lock (_gate)
        {
            // From the end: what is asked about has usually just happened.
            var end = to;
            for (var i = _pieces.Count - 1; i >= 0 && end >= from; end = _pieces[i--].From)
            {
                if (_pieces[i].From <= to) found.Add(new(_pieces[i].From > from ? _pieces[i].From : from, end < to ? end : to, _pieces[i].Value));
            }
        }

        found.Reverse();
        return found;
    }
}

/// <summary>A time in which a value did not change.</summary>
internal readonly record struct Piece<T>(TimeSpan From, TimeSpan To, T Value)
{
    public TimeSpan Length => To - From;
}
