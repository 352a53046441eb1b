using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Forwarding;

/// <summary>How often a forward had to reconnect, and why the last times. Not safe for concurrent use: its owner's lock guards it.</summary>
internal sealed class ReconnectHistory
{
    private const int Kept = 5;

    public int Count { get; private set; }

    /// <summary>The newest first. A new list after each change.</summary>
    public IReadOnlyList<ReconnectCause> Causes { get; private set; } = [];

    public void Add(Fault cause, DateTimeOffset at)
    {
        Count++;
        Causes = [new(at, cause.Kind, cause.Message), .. Causes.Take(Kept - 1)];
    }

    public void Clear() => (Count, Causes) = (0, []);
}
