using Kftray.Chaos.World;

namespace Kftray.Chaos.Judging;

/// <summary>A moment or a time in which bytes on the way to a cluster could be lost.</summary>
/// <param name="To">Null while it lasts.</param>
internal sealed record Break(int Cluster, string Fault, TimeSpan From)
{
    // The limit within which a frozen path is to be found: from then on, connections are held instead of being sent into it.
    private static readonly TimeSpan FoundWithin = TimeSpan.FromSeconds(15);

    // A reset takes a moment to be noticed by everybody whom it concerns.
    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(1);

    public TimeSpan? To { get; set; }

    /// <summary>How long what happens to a connection may be its doing.</summary>
    public TimeSpan BlamedUntil => (To is { } to && to - From < FoundWithin ? to : From + FoundWithin) + Aftermath;
}

/// <summary>What was really the case, as the clusters themselves know it: which applications were ready, and whether there was a way to them.</summary>
internal sealed class Truth
{
    // How long it may take until a pod that is ready, a cluster that is back, a context that is another are used.
    private static readonly TimeSpan UsedAfterReady = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan UsedAfterReturn = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FollowedAfter = TimeSpan.FromSeconds(1.5);

    private readonly Dictionary<(int Cluster, Application Application), Timeline<bool>> _ready;
    private readonly Timeline<int>[] _blocks;
    private readonly int[] _blocked;
    private readonly Timeline<int>[] _outages;
    private readonly int[] _out;
    private readonly Timeline<int> _switches;
    private readonly List<Break> _breaks = [];
    private readonly Lock _gate = new();

    public Truth(int clusters, IReadOnlyList<Application> applications, Timeline<int> switches)
    {
        _switches = switches;
        _ready = Enumerable.Range(0, clusters).SelectMany(cluster => applications.Select(application => (cluster, application)))
            .ToDictionary(pair => pair, _ => new Timeline<bool>(true));
        (_blocked, _out) = (new int[clusters], new int[clusters]);
        _blocks = [.. Enumerable.Range(0, clusters).Select(_ => new Timeline<int>(0))];
        _outages = [.. Enumerable.Range(0, clusters).Select(_ => new Timeline<int>(0))];
    }

    public void SetReady(TimeSpan at, int cluster, HashSet<Application> ready)
    {
        foreach (var ((where, application), timeline) in _ready)
        {
            if (where == cluster) timeline.Set(at, ready.Contains(application));
        }
    }

    /// <summary>From now on the cluster refuses what a new session needs; it heals when what is returned is disposed.</summary>
    /// <param name="isOutage">True when even what exists serves nobody: the server is away, or the path is frozen.</param>
    public IDisposable Block(RunClock clock, int cluster, bool isOutage)
    {
        Count(clock.Now, cluster, 1);
        return new Ending(() => Count(clock.Now, cluster, -1));

        void Count(TimeSpan now, int where, int change)
        {
            lock (_gate)
            {
                _blocks[where].Set(now, _blocked[where] += change);
                if (isOutage) _outages[where].Set(now, _out[where] += change);
            }
        }
    }

    /// <summary>Bytes may be lost from now on, until its end is entered.</summary>
    public Break Break(RunClock clock, int cluster, string fault)
    {
        var began = new Break(cluster, fault, clock.Now);
        lock (_gate) _breaks.Add(began);
        return began;
    }

    /// <summary>The clusters that a forward leads to in a span, and when.</summary>
    public IReadOnlyList<Piece<int>> ClustersOf(Route route, TimeSpan from, TimeSpan to) =>
        route.Cluster is { } pinned ? [new(from, to, pinned)] : _switches.Between(from, to);

    /// <summary>The spans in which a new connection would have been served: an application is ready, and the cluster refuses nothing.</summary>
    public IReadOnlyList<Piece<bool>> Servable(Route route, TimeSpan from, TimeSpan to) =>
        Merge(ClustersOf(route, from, to).SelectMany(stay => Combine(
            _ready[(stay.Value, route.Application)].Between(stay.From, stay.To),
            _blocks[stay.Value].Between(stay.From, stay.To),
            (ready, blocks) => ready && blocks == 0)));

    /// <summary>
    /// True when a new connection of that time should have been served: an application was ready, nothing was in the way to it, and both for long
    /// enough to be used by now.
    /// </summary>
    public bool WasUsable(Route route, TimeSpan began, TimeSpan ended)
    {
        var from = began - UsedAfterReturn;
        foreach (var stay in Settled(ClustersOf(route, from, ended), from, FollowedAfter))
        {
            var ready = Settled(_ready[(stay.Value, route.Application)].Between(stay.From, stay.To), from, UsedAfterReady).Where(piece => piece.Value);
            var open = Settled(_blocks[stay.Value].Between(stay.From, stay.To), from, UsedAfterReturn).Where(piece => piece.Value == 0);
            if (ready.Any(one => open.Any(other => one.From < other.To && other.From < one.To && one.To >= began && other.To >= began))) return true;
        }

        return false;
    }

    /// <summary>The spans in which no connection at all could be served: no application, no server, or no path to it.</summary>
    public IReadOnlyList<Piece<bool>> Dead(Route route, TimeSpan from, TimeSpan to) =>
        Merge(ClustersOf(route, from, to).SelectMany(stay => Combine(
            _ready[(stay.Value, route.Application)].Between(stay.From, stay.To),
            _outages[stay.Value].Between(stay.From, stay.To),
            (ready, outages) => !ready || outages > 0)));

    public bool WasReady(Route route, TimeSpan from, TimeSpan to) => ClustersOf(route, from, to)
        .Any(stay => _ready[(stay.Value, route.Application)].Between(stay.From, stay.To).Any(piece => piece.Value));

    /// <summary>The moments at which an application became ready again, in a cluster that refuses nothing.</summary>
    public IEnumerable<(TimeSpan At, Application Application, int Cluster)> Returns(TimeSpan from, TimeSpan to)
    {
        foreach (var ((cluster, application), timeline) in _ready)
        {
            foreach (var piece in timeline.Between(from, to).Skip(1).Where(piece => piece.Value))
            {
                if (_blocks[cluster].Between(piece.From - TimeSpan.FromSeconds(5), piece.From).All(blocks => blocks.Value == 0))
                    yield return (piece.From, application, cluster);
            }
        }
    }

    /// <summary>What could have broken a connection of this forward that lived from one moment to the other, and failed at the second.</summary>
    public Break? BreakOf(Route route, TimeSpan began, TimeSpan failed)
    {
        // Old connections of a forward that follows are to end with a switch.
        if (route.Cluster is null
            && _switches.Between(began - FollowedAfter, failed) is { Count: > 1 } moves
            && failed - moves[^1].From < TimeSpan.FromSeconds(2))
        {
            return new Break(moves[0].Value, "switch", moves[^1].From) { To = moves[^1].From };
        }

        lock (_gate)
        {
            return _breaks.FirstOrDefault(one =>
                one.From <= failed && failed <= one.BlamedUntil && began <= one.BlamedUntil
                && ClustersOf(route, began, failed).Any(stay => stay.Value == one.Cluster));
        }
    }

    // What began within the window counts a while later; what was so before, at once.
    private static IEnumerable<Piece<T>> Settled<T>(IReadOnlyList<Piece<T>> pieces, TimeSpan window, TimeSpan after) => pieces
        .Select(piece => piece.From > window ? piece with { From = piece.From + after } : piece)
        .Where(piece => piece.From < piece.To);

    private static IEnumerable<Piece<bool>> Combine<TLeft, TRight>(
        IReadOnlyList<Piece<TLeft>> left, IReadOnlyList<Piece<TRight>> right, Func<TLeft, TRight, bool> value) =>
        from one in left
        from other in right
        let start = one.From > other.From ? one.From : other.From
        let end = one.To < other.To ? one.To : other.To
        where start < end || (start == end && one.From == one.To)
        select new Piece<bool>(start, end, value(one.Value, other.Value));

    private static List<Piece<bool>> Merge(IEnumerable<Piece<bool>> pieces)
    {
        List<Piece<bool>> merged = [];
        foreach (var piece in pieces)
        {
            if (merged.Count > 0 && merged[^1].Value == piece.Value) merged[^1] = merged[^1] with { To = piece.To };
            else merged.Add(piece);
        }

        return merged;
    }

    private sealed class Ending(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
