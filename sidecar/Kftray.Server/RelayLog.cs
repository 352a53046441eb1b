using System.Collections.Concurrent;
using System.Globalization;

namespace Kftray.Relay;

/// <summary>What is counted, and logged once in a while.</summary>
internal enum RelayEvent
{
    NameNotFound,
    Refused,
    Unreachable,
    TimedOut,
    LimitReached,

    /// <summary>A hello that is none, or whose kind does not fit; or none at all in time.</summary>
    BadHello,

    /// <summary>A frame of a length that nobody may send, or half a frame.</summary>
    BadFrame,

    /// <summary>A datagram that could not be passed on whole.</summary>
    DatagramDropped,

    Internal,
}

/// <summary>
/// The relay's lines, on the standard error stream: one at the start, one at the end with what was counted, and between them one for each kind
/// of event, at most every minute. Never payload.
/// </summary>
internal sealed class RelayLog(TextWriter output, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<RelayEvent, Counter> _counters = [];

    public void Line(string text) => output.WriteLine($"kftray-server: {text}");

    public void Report(RelayException refusal) => Report(EventOf(refusal.Status), refusal.Message);

    public void Report(RelayEvent kind, string text, int times = 1)
    {
        var counter = _counters.GetOrAdd(kind, static _ => new Counter());
        var now = time.GetTimestamp();
        long unsaid;
        lock (counter)
        {
            counter.Total += times;
            if (counter.Said > 0 && time.GetElapsedTime(counter.SaidAt, now) < Interval)
                return;
            unsaid = counter.Total - counter.Said - times;
            counter.Said = counter.Total;
            counter.SaidAt = now;
        }

        Line(unsaid == 0 ? text : string.Create(CultureInfo.InvariantCulture, $"{text} ({unsaid} more like this since the last such line)"));
    }

    /// <summary>What was counted, such as "Refused 2, BadFrame 1"; "nothing" if it was nothing.</summary>
    public string Totals()
    {
        var totals = _counters.OrderBy(pair => pair.Key).Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key} {pair.Value.Total}"));
        return string.Join(", ", totals.DefaultIfEmpty("nothing"));
    }

    private static RelayEvent EventOf(RelayStatus status) => status switch
    {
        RelayStatus.NameNotFound => RelayEvent.NameNotFound,
        RelayStatus.Refused => RelayEvent.Refused,
        RelayStatus.Unreachable => RelayEvent.Unreachable,
        RelayStatus.TimedOut => RelayEvent.TimedOut,
        RelayStatus.LimitReached => RelayEvent.LimitReached,
        RelayStatus.WrongProtocol => RelayEvent.BadHello,
        _ => RelayEvent.Internal,
    };

    // Read and written under its own lock.
    private sealed class Counter
    {
        public long Total { get; set; }

        public long Said { get; set; }

        public long SaidAt { get; set; }
    }
}
