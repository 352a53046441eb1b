using System.Collections.Concurrent;

namespace Kftray.Chaos.World;

/// <summary>One connection as an application saw it.</summary>
internal sealed class Accepted(int cluster, string application, string pod, TimeSpan at)
{
    public int Cluster => cluster;

    public string Application => application;

    public string Pod => pod;

    public TimeSpan At => at;

    /// <summary>What the client said about itself; null while it has said nothing.</summary>
    public string? Token { get; set; }

    public TimeSpan? EndedAt { get; set; }

    /// <summary>True when the application itself ended: it was deleted, or it crashed.</summary>
    public bool ApplicationDied { get; set; }

    /// <summary>A connection without a token explains one client's failure, not two.</summary>
    public bool IsAttributed { get; set; }
}

/// <summary>What applications have accepted: the evidence for whether a pod ever had a connection.</summary>
internal sealed class AcceptLog
{
    private readonly ConcurrentDictionary<string, ConcurrentQueue<Accepted>> _byToken = new();
    private readonly ConcurrentQueue<Accepted> _all = new();
    private int _sentTwice;

    /// <summary>Connections that reached an application twice: a replay that was none of a failure's consequences.</summary>
    public int SentTwice => Volatile.Read(ref _sentTwice);

    public Accepted Begin(int cluster, string application, string pod, TimeSpan at)
    {
        var accepted = new Accepted(cluster, application, pod, at);
        _all.Enqueue(accepted);
        return accepted;
    }

    public void Identify(Accepted accepted, string token)
    {
        accepted.Token = token;
        var sameToken = _byToken.GetOrAdd(token, _ => new());
        sameToken.Enqueue(accepted);
        if (sameToken.Count == 2) Interlocked.Increment(ref _sentTwice);
    }

    /// <summary>What an application had of this connection: by its token, else one that came in its time and said nothing.</summary>
    public Accepted? Find(string token, string application, TimeSpan from, TimeSpan to)
    {
        if (_byToken.TryGetValue(token, out var known)) return known.First();
        var silent = _all.FirstOrDefault(accepted =>
            accepted is { Token: null, IsAttributed: false } && accepted.Application == application && accepted.At >= from && accepted.At <= to);
        if (silent is not null) silent.IsAttributed = true;
        return silent;
    }

    /// <summary>Forgets what nobody will ask about any more.</summary>
    public void ForgetBefore(TimeSpan moment)
    {
        while (_all.TryPeek(out var oldest) && oldest.EndedAt is { } ended && ended < moment && _all.TryDequeue(out _))
        {
            if (oldest.Token is { } token) _byToken.TryRemove(token, out _);
        }
    }
}
