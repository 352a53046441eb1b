using Kftray.Chaos.World;

namespace Kftray.Chaos.Faults;

/// <summary>One fault of a run.</summary>
/// <param name="At">When it begins.</param>
/// <param name="Duration">How long it lasts, if it is one that lasts.</param>
/// <param name="Pick">What else is to be chosen: which pod, which variant.</param>
internal sealed record PlannedFault(int Number, TimeSpan At, string Kind, int Cluster, Application Application, TimeSpan Duration, int Pick)
{
    public override string ToString() => $"{Kind} cluster-{Cluster} {Application.Name} {Duration.TotalSeconds:0.0} s";
}

/// <summary>What happens when. It follows from the seed and the length alone, so that a seed that fails fails again.</summary>
internal static class FaultSchedule
{
    // The load has begun by then, and at the end everything has time to become whole again.
    private static readonly TimeSpan Lead = TimeSpan.FromSeconds(1);

    public static IReadOnlyList<PlannedFault> Plan(int seed, TimeSpan length, IReadOnlyList<string> kinds, int clusters)
    {
        var random = new Random(seed);
        List<PlannedFault> planned = [];
        // Every kind comes once before any comes twice.
        Queue<string> bag = new();
        for (var at = Lead; at < length; at += TimeSpan.FromSeconds(0.3 + (random.NextDouble() * 2.7)))
        {
            if (bag.Count == 0)
            {
                foreach (var shuffled in kinds.OrderBy(_ => random.Next()).ToArray()) bag.Enqueue(shuffled);
            }

            // Half of them are short: what a retry survives is tested as often as what needs patience.
            var seconds = random.Next(2) == 0 ? 0.2 + (random.NextDouble() * 2) : 2 + (random.NextDouble() * 14);
            var duration = TimeSpan.FromSeconds(Math.Min(seconds, (length - at).TotalSeconds));
            planned.Add(new(
                planned.Count + 1, at, bag.Dequeue(), random.Next(clusters), ChaosWorld.Applications[random.Next(ChaosWorld.Applications.Count)], duration, random.Next(1 << 20)));
        }

        return planned;
    }
}
