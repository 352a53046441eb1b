using System.Collections.Concurrent;
using Kftray.Chaos.Load;
using Kftray.Chaos.World;

namespace Kftray.Chaos.Judging;

/// <summary>Something that must not happen.</summary>
internal sealed record Violation(TimeSpan At, string Kind, string Text);

/// <summary>What became of the connections of one subject.</summary>
internal sealed class Tally
{
    public int Connections { get; set; }

    public int Served { get; set; }

    public long Bytes { get; set; }

    /// <summary>Neither served nor accepted by any application.</summary>
    public int Failed { get; set; }

    /// <summary>Of the failed: the path broke under what had been sent, and nobody can know whether it arrived.</summary>
    public int FailedUnderWay { get; set; }

    /// <summary>Of the failed: a target was ready and could be reached.</summary>
    public int FailedAlthoughReady { get; set; }

    /// <summary>Of the failed: ended before the limit for holding connections, with nothing that could have lost what was under way; or never.</summary>
    public int NotHeld { get; set; }

    /// <summary>Served, then ended although application and path lived on.</summary>
    public int Lost { get; set; }

    public int Corrupt { get; set; }

    /// <summary>Served by a cluster that the forward did not lead to any more.</summary>
    public int WrongCluster { get; set; }

    /// <summary>Accepted, and then the application ended or the path broke under the connection.</summary>
    public int Ended { get; set; }

    /// <summary>The longest wait for a first byte, milliseconds.</summary>
    public int Longest { get; set; }

    /// <summary>From the moment a target is ready to the first connection that is served, milliseconds.</summary>
    public List<double> ReadyToServed { get; } = [];
}

/// <summary>
/// Judges connections by what was really the case. A connection has failed when it was refused or reset although no application had accepted it; an
/// application that accepts and then exits is not a forwarder's to save, nor are bytes that were under way on a path that broke.
/// </summary>
/// <param name="hold">How long the subject promises to hold a new connection; null: it promises nothing.</param>
internal sealed class Judge(ChaosWorld world, TimeSpan? hold, Action<Violation> report)
{
    // Enough for what came last to be entered into all logs.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    private readonly ConcurrentQueue<ConnectionRecord> _ended = new();
    private readonly List<ConnectionRecord> _later = [];
    private readonly List<ConnectionRecord> _recent = [];
    private TimeSpan _returnsSeen;

    public Tally Tally { get; } = new();

    public void Add(ConnectionRecord ended) => _ended.Enqueue(ended);

    /// <summary>Judges what ended up to a moment ago.</summary>
    public void Run(bool everything = false)
    {
        while (_ended.TryDequeue(out var ended)) _later.Add(ended);
        var until = everything ? TimeSpan.MaxValue : world.Clock.Now - Settling;
        foreach (var ended in _later.Where(ended => ended.Ended <= until).ToArray())
        {
            _later.Remove(ended);
            Count(ended);
        }

        MeasureReturns();
    }

    private void Count(ConnectionRecord ended)
    {
        Tally.Connections++;
        Tally.Bytes += ended.Bytes;
        if (ended.Served is { } served)
        {
            Tally.Served++;
            Tally.Longest = Math.Max(Tally.Longest, (int)(served - ended.Began).TotalMilliseconds);
            _recent.Add(ended);
        }

        if (ended.Outcome == Outcome.Corrupt) Violate(ended, "corrupt", () => Tally.Corrupt++);
        if (IsOfWrongCluster(ended)) Violate(ended, "wrong cluster", () => Tally.WrongCluster++);
        if (ended.Outcome is Outcome.Completed or Outcome.Corrupt) return;

        var accepted = world.Accepts.Find(ended.Token, ended.Route.Application.Name, ended.Began, ended.Ended);
        if (accepted is not null || ended.Served is not null) CountLoss(ended, accepted);
        else CountFailure(ended);
    }

    private void CountLoss(ConnectionRecord ended, Accepted? accepted)
    {
        // The application's end and the client's are seen by two tasks.
        var died = accepted is { ApplicationDied: true };
        if (died || world.Truth.BreakOf(ended.Route, ended.Began, ended.Ended) is not null) Tally.Ended++;
        else Violate(ended, "lost", () => Tally.Lost++);
    }

    private void CountFailure(ConnectionRecord ended)
    {
        Tally.Failed++;
        if (ended.Outcome != Outcome.Refused && WasUnderWay(ended))
        {
            Tally.FailedUnderWay++;
            return;
        }

        if (world.Truth.WasUsable(ended.Route, ended.Began, ended.Ended))
            Violate(ended, "failed although a target was ready", () => Tally.FailedAlthoughReady++);
        else if (hold is { } limit && (ended.Outcome is Outcome.Refused or Outcome.Forgotten || ended.Ended - ended.Began < limit - TimeSpan.FromSeconds(1)))
            Violate(ended, "not held as promised", () => Tally.NotHeld++);
    }

    // Sent over a path that broke, towards an application that was ready as far as anybody could know who was not told any more.
    private bool WasUnderWay(ConnectionRecord ended) =>
        world.Truth.BreakOf(ended.Route, ended.Began, ended.Ended) is { } blamed
        && world.Truth.WasReady(ended.Route, blamed.From < ended.Began ? blamed.From : ended.Began, ended.Ended);

    private bool IsOfWrongCluster(ConnectionRecord ended) =>
        ended is { Cluster: { } cluster, Served: { } served }
        && world.Truth.ClustersOf(ended.Route, ended.Began - TimeSpan.FromSeconds(1.5), served).All(stay => stay.Value != cluster);

    private void Violate(ConnectionRecord ended, string kind, Action count)
    {
        count();
        report(new(ended.Ended, kind,
            $"{ended.Route.Alias} {ended.Token}: began {ended.Began.TotalSeconds:0.000} s, served {ended.Served?.TotalSeconds:0.000}, ended {ended.Ended.TotalSeconds:0.000} s, {ended.Outcome}: {ended.Detail}"));
    }

    // The first connection that was served after each return of an application.
    private void MeasureReturns()
    {
        var until = world.Clock.Now - TimeSpan.FromSeconds(12);
        if (until <= _returnsSeen) return;
        foreach (var (at, application, cluster) in world.Truth.Returns(_returnsSeen, until))
        {
            foreach (var route in ChaosWorld.Routes.Where(route => route.Application == application && world.Truth.ClustersOf(route, at, at)[0].Value == cluster))
            {
                var first = _recent.Where(record => record.Route == route && record.Served >= at).MinBy(record => record.Served);
                if (first is not null) Tally.ReadyToServed.Add((first.Served!.Value - (first.Began > at ? first.Began : at)).TotalMilliseconds);
            }
        }

        _returnsSeen = until;
        _recent.RemoveAll(record => record.Served < until);
    }
}
