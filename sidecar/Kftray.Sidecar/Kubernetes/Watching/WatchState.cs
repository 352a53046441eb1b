using System.Collections.Immutable;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Kubernetes.Watching;

/// <summary>What is known of some objects of a cluster: the last answer, and what is the matter with getting a newer one.</summary>
/// <param name="Items">By name. Kept while there is trouble: what was true is the best guess at what is.</param>
/// <param name="IsKnown">False until the first answer.</param>
/// <param name="IsPolled">True when changes are seen up to two seconds late, because watching is not allowed.</param>
/// <param name="Trouble">Null while the answer is current.</param>
internal sealed record WatchState<T>(ImmutableDictionary<string, T> Items, bool IsKnown, bool IsPolled, WatchTrouble? Trouble)
{
    public static WatchState<T> Unknown { get; } = new(ImmutableDictionary<string, T>.Empty, false, false, null);
}

/// <param name="Attempts">Failures in this streak.</param>
/// <param name="FailingFor">From the first failure of the streak to the last.</param>
internal sealed record WatchTrouble(Fault Fault, int Attempts, TimeSpan FailingFor, DateTimeOffset NextAttemptAt);
