using Kftray.Chaos.World;

namespace Kftray.Chaos.Load;

internal enum Outcome
{
    /// <summary>Everything came back, and was right.</summary>
    Completed,

    /// <summary>Nobody listens on the local port.</summary>
    Refused,

    /// <summary>Reset, or ended before everything was there.</summary>
    Broken,

    /// <summary>Other bytes than were sent.</summary>
    Corrupt,

    /// <summary>Neither served nor ended for longer than any limit allows.</summary>
    Forgotten,
}

/// <summary>One connection of a client, from its beginning to its end.</summary>
internal sealed record ConnectionRecord(Route Route, string Token, TimeSpan Began)
{
    /// <summary>When the first byte from the application was there.</summary>
    public TimeSpan? Served { get; set; }

    public TimeSpan Ended { get; set; }

    public Outcome Outcome { get; set; }

    /// <summary>Index of the cluster that answered.</summary>
    public int? Cluster { get; set; }

    public string? Detail { get; set; }

    /// <summary>Bytes that came back and were right.</summary>
    public long Bytes { get; set; }
}
