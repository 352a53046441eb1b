namespace Kftray.Sidecar.Forwarding;

/// <summary>What an apply does to the forwards that exist. Pure.</summary>
/// <param name="Kept">Forwards that stay what they are, with their new spec.</param>
/// <param name="Removed">Forwards to stop and forget.</param>
/// <param name="Renamed">New id → old id.</param>
internal sealed record ForwardPlan(
    IReadOnlyList<(Forward Forward, ForwardSpec Spec)> Kept, IReadOnlyList<Forward> Removed, IReadOnlyDictionary<string, string> Renamed)
{
    public static ForwardPlan Make(IReadOnlyList<Forward> existing, IReadOnlyList<ForwardSpec> specs)
    {
        List<(Forward, ForwardSpec)> kept = [];
        Dictionary<string, string> renamed = [];
        var left = existing.ToDictionary(forward => forward.Spec.Id);
        List<ForwardSpec> fresh = [];
        foreach (var spec in specs)
        {
            if (left.TryGetValue(spec.Id, out var same) && same.Spec.SameRoute(spec))
            {
                kept.Add((same, spec));
                left.Remove(spec.Id);
            }
            else
            {
                fresh.Add(spec);
            }
        }

        // Gone under one name and there under another, with the same route: it was renamed.
        foreach (var spec in fresh)
        {
            var old = left.Values.FirstOrDefault(
                forward => forward.Spec.SameRoute(spec) && specs.All(other => other.Id != forward.Spec.Id));
            if (old is null)
                continue;
            kept.Add((old, spec));
            renamed[spec.Id] = old.Spec.Id;
            left.Remove(old.Spec.Id);
        }

        return new ForwardPlan(kept, [.. left.Values], renamed);
    }
}
